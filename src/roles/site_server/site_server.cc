#include "roles/site_server/site_server.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <set>

#include "base/log.h"
#include "base/os/process.h"
#include "roles/site_server/catalogue/catalogue_publisher.h"
#include "roles/site_server/collection_evaluator/collection_evaluator.h"
#include "roles/site_server/distribution_manager/content_retirement.h"
#include "roles/site_server/errors.h"
#include "roles/site_server/fallback/fallback_loader.h"
#include "roles/site_server/file_collection/collected_files_loader.h"
#include "roles/site_server/fleet_snapshot/fleet_snapshot.h"
#include "roles/site_server/inbox/inbox_reader.h"
#include "roles/site_server/inventory_loader/inventory_loader.h"
#include "roles/site_server/policy_builder/policy_builder.h"
#include "roles/site_server/public_documents/public_documents.h"
#include "roles/site_server/report_export/report_exporter.h"
#include "roles/site_server/row_dictionary/dictionary_maker.h"
#include "roles/site_server/row_sweep/row_sweeper.h"
#include "roles/site_server/schema/schema_follower.h"
#include "roles/site_server/status/status_loader.h"
#include "store/errors.h"
#include "store/site/collected_files.h"
#include "store/site/enrolment.h"
#include "store/site/fallback.h"
#include "store/site/inventory.h"
#include "store/site/positions.h"
#include "store/site/settings.h"
#include "store/site/status.h"

namespace muster::site_server {
namespace {

constexpr Duration kLongestWait = std::chrono::seconds(5);
// How soon collections follow the clock.
constexpr Duration kClockInterval = std::chrono::seconds(1);
constexpr Duration kAfterFailure = std::chrono::seconds(1);
// An operator's objects come one by one.
constexpr Duration kPause = std::chrono::milliseconds(50);
constexpr Duration kLongestGathering = std::chrono::seconds(1);
// Before other things have their turn.
constexpr Duration kLongestTaking = std::chrono::seconds(1);
constexpr Duration kRefreshInterval = std::chrono::minutes(1);
constexpr Duration kRetryInterval = std::chrono::seconds(1);
constexpr Duration kSweepInterval = std::chrono::minutes(10);
constexpr Duration kTokenMemory = std::chrono::hours(24 * 7);
constexpr Duration kStreamMemory = std::chrono::hours(24 * 400);
constexpr std::int64_t kChangesAtOnce = 1000;
constexpr std::int64_t kLogEntriesAtOnce = 20'000;

}  // namespace

struct SiteServer::Components {
  explicit Components(hosting::Site& site)
      : loaders{.by_type = {{contract::MessageType::Inventory, load_inventory_report},
                            {contract::MessageType::Heartbeat, load_heartbeat},
                            {contract::MessageType::Status, load_status_report},
                            {contract::MessageType::CollectedFiles,
                             [&site](store::Transaction& transaction, const MessageContext& context,
                                     ByteView body, InboxEffects& effects) {
                               return load_collected_files(site, transaction, context, body,
                                                           effects);
                             }}},
                .anonymous =
                    [&site](store::Transaction& transaction, const hosting::InboxRecord& record) {
                      return load_fallback_message(site, transaction, record);
                    }},
        snapshot(site),
        collections(site),
        policy(site),
        dictionaries(site),
        sweeper(site) {}

  void add(InboxEffects& from) {
    for (auto& change : from.changes) changes.push_back(std::move(change));
    dirty.insert(from.new_policy.begin(), from.new_policy.end());
    from.changes.clear();
    from.new_policy.clear();
  }

  const Loaders loaders;
  FleetSnapshot snapshot;
  CollectionEvaluator collections;
  PolicyBuilder policy;
  DictionaryMaker dictionaries;
  RowSweeper sweeper;
  std::unique_ptr<ReportExporter> reports;  // null where there are none
  // Devices whose header must be looked at; kept over rounds, so that a failed round loses none.
  std::set<store::DeviceNumber> dirty;
  // Inventories whose transaction is through and that the collections do not know yet; likewise.
  std::deque<TakenChange> changes;
  // Effects of messages that other threads took: replayed ones, and those of the inbox while the
  // index follows. Who holds `replaying` knows that all that the database has of the former is
  // here.
  std::mutex replaying;
  std::mutex elsewhere_mutex;
  InboxEffects elsewhere;

  void add_from_elsewhere(InboxEffects& from) {
    const std::lock_guard lock(elsewhere_mutex);
    for (auto& change : from.changes) elsewhere.changes.push_back(std::move(change));
    elsewhere.new_policy.insert(elsewhere.new_policy.end(), from.new_policy.begin(),
                                from.new_policy.end());
  }
  // The database failed in the middle: it may know what the fleet index missed, or the other way.
  std::atomic<bool> behind = false;
  std::int64_t object_serial = 0;
  std::int64_t device_serial = 0;
  Timestamp next_site_time;
  Timestamp next_refresh;
  Timestamp next_sweep;
  Timestamp next_retry;
  Timestamp next_snapshot;
  // Since when there are changes that no header says yet.
  std::optional<Timestamp> gathering;
  // A change was lost to the index: a snapshot would keep that beyond the next start.
  bool is_whole = true;
};

SiteServer::SiteServer(hosting::Site& site)
    : site_(&site), components_(std::make_unique<Components>(site)) {}

SiteServer::~SiteServer() { stop(); }

Result<std::unique_ptr<SiteServer>> SiteServer::start(hosting::Site& site) {
  std::unique_ptr<SiteServer> server(new SiteServer(site));
  Components& parts = *server->components_;
  // All that stands in the change log up to here is in what is loaded below.
  const auto serial = TRY(site.database->read(
      [](store::Reader& reader) { return store::read_counter(reader, store::Counter::Change); }));
  parts.object_serial = parts.device_serial = serial;
  TRY(import_first_root(site));
  const auto before = os::process_use().resident_bytes;
  if (const auto position = TRY(parts.snapshot.load()))
    TRY(parts.collections.load_since(*position));
  else
    TRY(parts.collections.load());
  const auto after = os::process_use().resident_bytes;
  site.figures->fleet_load_bytes.set(static_cast<std::int64_t>(after - std::min(before, after)));
  TRY(parts.policy.load(parts.dirty));
  TRY(parts.policy.sign_site_time());
  TRY(publish_public_documents(site));
  TRY(publish_catalogue(site, site.settings.duration("site_time.interval")));
  parts.next_site_time = site.clock.now() + site.settings.duration("site_time.interval");
  parts.next_refresh = site.clock.now() + kRefreshInterval;
  parts.next_snapshot = site.clock.now() + site.settings.duration("fleet.snapshot_interval");
  TRY(server->round());
  parts.reports = TRY(ReportExporter::start(site));
  server->thread_ = std::thread([raw = server.get()] { raw->work(); });
  return server;
}

void SiteServer::stop() {
  if (!thread_.joinable()) return;
  if (components_->reports) components_->reports->stop();
  stopping_ = true;
  site_->changed.notify();
  thread_.join();
  if (const auto position = index_position(); position && *position)
    components_->snapshot.take_and_wait(**position);
}

Result<std::optional<IndexPosition>> SiteServer::index_position() {
  Components& parts = *components_;
  const std::lock_guard lock(parts.replaying);
  TRY(follow_messages());
  const auto inventory = TRY(site_->database->read([](store::Reader& reader) {
    return store::read_counter(reader, store::Counter::InventorySequence);
  }));
  if (parts.behind || !parts.is_whole) return std::optional<IndexPosition>();
  return std::optional(IndexPosition{inventory, parts.device_serial});
}

Result<void> SiteServer::replay(std::int64_t number) {
  const std::lock_guard replaying(components_->replaying);
  auto replayed = replay_quarantined(*site_, components_->loaders, number);
  if (!replayed && store::is_outage(replayed.error())) components_->behind = true;
  InboxEffects effects = TRY(std::move(replayed));
  components_->add_from_elsewhere(effects);
  site_->changed.notify();
  return {};
}

void SiteServer::work() {
  while (!stopping_) {
    const auto more = [this]() -> Result<bool> {
      try {
        return round();
      } catch (const std::exception& thrown) {
        return fail(kRoundBroken, "{}", thrown.what());
      }
    }();
    keeps_up_ = more.has_value();
    if (!more) {
      log::failure(log::Level::Error, "site.round.failed", more.error());
      if (store::is_outage(more.error()) || more.error().is(kRoundBroken))
        components_->behind = true;
      site_->changed.wait(kAfterFailure);
      continue;
    }
    if (!*more) rest();
  }
}

// Until there is work: nothing but the clock moves meanwhile, and what it makes of collections
// takes no look into the database.
void SiteServer::rest() {
  Components& parts = *components_;
  const Duration until = site_->clock.steady() + kLongestWait;
  while (!stopping_ && site_->clock.steady() < until) {
    if (site_->changed.wait(kClockInterval)) return;
    parts.collections.time_passed(parts.dirty);
    if (!parts.dirty.empty()) return;
  }
}

namespace {

// Devices that were enrolled, approved, renamed, blocked or deleted.
Result<void> follow_devices(hosting::Site& site, std::int64_t& serial,
                            CollectionEvaluator& collections,
                            std::set<store::DeviceNumber>& dirty) {
  const auto devices = TRY(site.database->read([&](store::Reader& reader) {
    return store::devices_changed_after(reader, serial, kChangesAtOnce);
  }));
  for (const store::Device& device : devices) {
    if (device.state == store::DeviceState::Active) {
      TRY(collections.device_active(device, dirty));
    } else {
      collections.device_left(device.number);
      site.shelf.put_header(device.id.text(), nullptr, site.clock.now());
      site.nudges.drop(device.id.text());
    }
    serial = device.serial;
  }
  return {};
}

Result<void> follow_inventories(hosting::Site& site, CollectionEvaluator& collections,
                                std::deque<TakenChange>& changes,
                                std::set<store::DeviceNumber>& dirty, bool& is_whole) {
  for (; !changes.empty(); changes.pop_front()) {
    const TakenChange& taken = changes.front();
    const auto followed = collections.inventory_changed(taken.change, dirty);
    if (followed) {
      const Duration passed = site.clock.now() - taken.received;
      if (!taken.replayed && passed >= Duration(0))
        site.figures->facts_visible.observe(static_cast<std::uint64_t>(passed.count()) * 1000);
      continue;
    }
    if (store::is_outage(followed.error())) return fail(followed.error());
    is_whole = false;
    log::failure(log::Level::Error, "fleet.change.failed", followed.error(),
                 {{"device", taken.change.device}});
  }
  return {};
}

// After an outage, in which changes of the database may have been lost to the index, or the other
// way. Whose changes the index has to follow are read anew, all of them.
Result<void> catch_up(hosting::Site& site, CollectionEvaluator& collections,
                      std::set<store::DeviceNumber>& dirty) {
  TRY(collections.catch_up());
  const auto all = TRY(site.fleet.members(std::string(fleet::kAllSystems)));
  dirty.insert(all.begin(), all.end());
  log::info("site.index.recovered", "the database is back and the fleet index agrees with it",
            {{"devices", all.size()}});
  return {};
}

// What nobody asks for any more: requests that no operator answered, tokens long over, streams of
// state folders that are gone.
Result<void> forget_old(hosting::Site& site, Timestamp now) {
  const Timestamp asked = now - site.settings.duration("enrolment.pending_life");
  return site.database->write([&](store::Transaction& transaction) -> Result<void> {
    for (const auto& waiting : TRY(store::list_pending_enrolments(transaction, kChangesAtOnce))) {
      if (waiting.at >= asked) break;
      const auto device = TRY(store::find_device(transaction, waiting.device));
      TRY(store::remove_pending_enrolment(transaction, waiting.device));
      if (device && device->state == store::DeviceState::Pending)
        TRY(store::delete_device(transaction, device->number));
    }
    TRY(store::remove_expired_tokens(transaction, now - kTokenMemory));
    TRY(store::remove_streams(transaction, now - kStreamMemory));
    TRY(store::remove_status_messages(transaction, now - site.settings.duration("status.keep")));
    TRY(store::remove_fallback_messages(transaction, now - site.settings.duration("status.keep")));
    TRY(store::remove_collected_files(transaction,
                                      now - site.settings.duration("collected_files.keep")));
    TRY(store::trim_inventory_log(transaction, now - site.settings.duration("inventory.history"),
                                  kLogEntriesAtOnce));
    return {};
  });
}

}  // namespace

Result<void> SiteServer::follow_messages() {
  Components& parts = *components_;
  {
    const std::lock_guard lock(parts.elsewhere_mutex);
    parts.add(parts.elsewhere);
  }
  return follow_inventories(*site_, parts.collections, parts.changes, parts.dirty, parts.is_whole);
}

// Behind a failure in the middle of things, with all that was taken and not followed until then.
Result<void> SiteServer::recover() {
  Components& parts = *components_;
  const std::lock_guard lock(parts.replaying);
  TRY(catch_up(*site_, parts.collections, parts.dirty));
  {
    const std::lock_guard other(parts.elsewhere_mutex);
    parts.add(parts.elsewhere);
  }
  parts.changes.clear();  // their transactions were through before all was read
  parts.behind = false;
  return {};
}

// What waits in the inbox, in parts: while the transaction of one runs, the index follows the one
// before it. Returns whether there is more.
Result<bool> SiteServer::take_messages() {
  Components& parts = *components_;
  const Duration until = site_->clock.steady() + kLongestTaking;
  // Whatever becomes of the round, a part of which nobody knows how it went leaves the index
  // behind.
  const auto take = [&]() -> Result<bool> {
    const std::lock_guard lock(parts.replaying);  // in the order of the transactions
    const bool was_behind = parts.behind.exchange(true);
    auto effects = take_inbox(*site_, parts.loaders);
    if (effects) parts.add_from_elsewhere(*effects);
    if (effects || !store::is_outage(effects.error())) parts.behind = was_behind;
    if (!effects) return fail(effects.error());
    return effects->more;
  };
  bool more = TRY(take());
  while (more && !stopping_ && site_->clock.steady() < until) {
    auto next = std::async(std::launch::async, take);
    auto followed = follow_messages();
    more = TRY(next.get());
    TRY(std::move(followed));
  }
  TRY(follow_messages());
  return more;
}

// What the objects' log says from where it was read last; returns whether it said anything.
Result<bool> SiteServer::follow_objects() {
  Components& parts = *components_;
  const auto changes = TRY(site_->database->read([&](store::Reader& reader) {
    return store::changes_after(reader, parts.object_serial, kChangesAtOnce);
  }));
  TRY(parts.policy.follow_root(parts.dirty));
  if (!changes.empty())
    TRY(publish_catalogue(*site_, site_->settings.duration("site_time.interval")));
  // Collections first: what is deployed to one, and its windows, ask for its members.
  std::vector<store::Change> of_collections;
  for (const store::Change& change : changes)
    if (change.kind == "Collection") of_collections.push_back(change);
  TRY(follow_schema(*site_, changes, of_collections, parts.dirty));
  const bool all_read = changes.size() < static_cast<std::size_t>(kChangesAtOnce);
  parts.collections.collections_changed(of_collections,
                                        all_read ? MoreChanges::No : MoreChanges::Yes, parts.dirty);
  for (const store::Change& change : changes) {
    parts.policy.note(change);
    parts.object_serial = change.serial;
  }
  return !changes.empty();
}

// What is done now and then, before headers are built.
Result<void> SiteServer::follow_time(Timestamp now) {
  Components& parts = *components_;
  if (now >= parts.next_retry) {
    parts.policy.retry();
    parts.next_retry = now + kRetryInterval;
  }
  if (now >= parts.next_sweep) {
    TRY(forget_old(*site_, now));
    TRY(parts.dictionaries.follow());
    parts.sweeper.follow(now);
    TRY(parts.policy.forget_bodies(now));
    // What cannot be removed is no reason to stand still.
    if (const auto retired = retire_content(*site_, now); !retired)
      log::failure(log::Level::Error, "content.retirement.failed", retired.error());
    parts.next_sweep = now + kSweepInterval;
  }
  parts.collections.time_passed(parts.dirty);
  if (now >= parts.next_refresh) {
    TRY(parts.policy.renew(parts.dirty));
    site_->shelf.forget_former(now);
    parts.next_refresh = now + kRefreshInterval;
  }
  return {};
}

// Bodies for what changed and headers for the devices that have something new, once an operator's
// changes pause.
Result<void> SiteServer::build_policy(Timestamp now, bool changed) {
  Components& parts = *components_;
  if (changed && !parts.gathering) parts.gathering = now;
  if (changed && now < *parts.gathering + kLongestGathering) {
    site_->changed.wait(kPause);
    return {};
  }
  TRY(parts.policy.follow_noted(parts.dirty));
  TRY(parts.policy.build(parts.dirty));
  parts.dirty.clear();
  parts.gathering.reset();
  return {};
}

Result<bool> SiteServer::round() {
  Components& parts = *components_;
  if (parts.behind) TRY(recover());
  // What a failed round left: before anything is read that holds it already.
  TRY(follow_messages());
  for (const auto device : site_->forgotten.take()) parts.collections.device_left(device);
  TRY(quarantine_doubled(*site_));
  TRY(follow_devices(*site_, parts.device_serial, parts.collections, parts.dirty));

  const bool more = TRY(take_messages());
  const bool changed = TRY(follow_objects());
  const Timestamp now = site_->clock.now();
  TRY(follow_time(now));
  TRY(parts.collections.store_memberships());
  TRY(build_policy(now, changed));
  if (now >= parts.next_site_time) {
    TRY(parts.policy.sign_site_time());
    TRY(publish_public_documents(*site_));
    TRY(publish_catalogue(*site_, Duration(0)));
    parts.next_site_time = now + site_->settings.duration("site_time.interval");
  }
  if (now >= parts.next_snapshot) {
    if (const auto position = TRY(index_position())) parts.snapshot.take(*position);
    parts.next_snapshot = now + site_->settings.duration("fleet.snapshot_interval");
  }
  return more || changed;
}

}  // namespace muster::site_server
