#include "roles/site_server/report_export/report_exporter.h"

#include "base/log.h"
#include "contract/objects/object.h"
#include "hosting/site_database.h"
#include "roles/site_server/errors.h"
#include "store/report/report_objects.h"
#include "store/site/objects.h"
#include "store/site/settings.h"

namespace muster::site_server {
namespace {

constexpr Duration kPause = std::chrono::seconds(1);
constexpr Duration kAfterFailure = std::chrono::seconds(5);
constexpr Duration kSweepInterval = std::chrono::minutes(5);
// Messages may have waited in the inbox longer than it took from one sweep to the next.
constexpr Duration kInboxDelay = std::chrono::minutes(10);
constexpr std::int64_t kObjectsAtOnce = 1000;

// One that cannot be read is left out: what is wrong with it is told where it is used.
Result<void> put_object(store::Transaction& transaction, const store::Object& object) {
  const auto kind = contract::parse_object_kind(object.kind);
  if (kind != contract::ObjectKind::Package && kind != contract::ObjectKind::Deployment) return {};
  if (object.deleted) return store::remove_report_object(transaction, object.id);
  const auto decoded = contract::decode_spec(*kind, object.name, object.spec);
  if (!decoded) {
    log::failure(log::Level::Warning, "reports.object.unreadable", decoded.error(),
                 {{"object", object.id.text()}});
    return store::remove_report_object(transaction, object.id);
  }
  if (const auto* package = std::get_if<model::Package>(&decoded->value))
    return store::put_report_package(transaction, object.id, *package);
  return store::put_report_deployment(transaction, object.id,
                                      std::get<model::Deployment>(decoded->value));
}

Result<void> put_all_objects(store::Transaction& transaction) {
  for (const std::string_view kind : {"Package", "Deployment"}) {
    std::string after;
    for (bool more = true; more;) {
      const auto objects = TRY(store::list_objects(transaction, kind, after, kObjectsAtOnce));
      for (const store::Object& object : objects) TRY(put_object(transaction, object));
      more = objects.size() == static_cast<std::size_t>(kObjectsAtOnce);
      if (more) after = objects.back().name;
    }
  }
  return {};
}

// True when there are more.
Result<bool> follow_objects(store::Transaction& transaction) {
  const auto mark = TRY(store::report_mark(transaction, store::ReportMark::Objects));
  if (!mark) {
    // What changes from here on is put once more, which does no harm.
    const auto serial = TRY(store::read_counter(transaction, store::Counter::Change));
    TRY(put_all_objects(transaction));
    TRY(store::set_report_mark(transaction, store::ReportMark::Objects, serial));
    return false;
  }
  const auto changes = TRY(store::changes_after(transaction, *mark, kObjectsAtOnce));
  // As it is now: a name may have changed without its specification.
  for (const store::Change& change : changes)
    if (const auto object = TRY(store::find_object(transaction, change.id)))
      TRY(put_object(transaction, *object));
  if (!changes.empty())
    TRY(store::set_report_mark(transaction, store::ReportMark::Objects, changes.back().serial));
  return changes.size() == static_cast<std::size_t>(kObjectsAtOnce);
}

}  // namespace

Result<bool> ReportRounds::follow(Timestamp now) {
  bool begun = false;
  const bool more = TRY(database_->write([&](store::Transaction& transaction) -> Result<bool> {
    begun = TRY(store::open_report_tables(transaction));
    if (begun) TRY(store::set_report_mark(transaction, store::ReportMark::Swept, now.ms));
    const bool further = TRY(follow_objects(transaction));
    return TRY(store::take_inventory_reports(transaction)).more || further;
  }));
  if (begun) log::info("reports.begun", "the tables for reports are made anew");
  return more;
}

Result<void> ReportRounds::sweep(Timestamp now) {
  const auto mark = TRY(database_->read(
      [](store::Reader& reader) { return store::report_mark(reader, store::ReportMark::Swept); }));
  const Timestamp since = Timestamp{mark.value_or(0)} - kInboxDelay;
  for (std::optional<std::int64_t> after = 0; after;)
    after = TRY(database_->write([&](store::Transaction& transaction) {
      return store::sweep_inventory_reports(transaction, since, *after);
    }));
  return database_->write([&](store::Transaction& transaction) {
    return store::set_report_mark(transaction, store::ReportMark::Swept, now.ms);
  });
}

Result<std::unique_ptr<ReportExporter>> ReportExporter::start(hosting::Site& site) {
  auto database = TRY(hosting::open_reports_database(site.settings, site.clock));
  if (!database) return std::unique_ptr<ReportExporter>();
  if (!hosting::keeps_reports(site.settings)) {
    TRY(database->write(store::drop_report_tables));
    return std::unique_ptr<ReportExporter>();
  }
  std::unique_ptr<ReportExporter> out(new ReportExporter(site, std::move(database)));
  out->thread_ = std::thread([raw = out.get()] { raw->work(); });
  return out;
}

ReportExporter::~ReportExporter() { stop(); }

void ReportExporter::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake_.notify();
  thread_.join();
}

void ReportExporter::work() {
  bool failing = false;
  Timestamp next_sweep = site_->clock.now() + kSweepInterval;
  while (!stopping_) {
    const auto more = [&]() -> Result<bool> {
      try {
        const Timestamp now = site_->clock.now();
        const bool further = TRY(rounds_.follow(now));
        if (now < next_sweep || further) return further;
        TRY(rounds_.sweep(now));
        next_sweep = now + kSweepInterval;
        return false;
      } catch (const std::exception& thrown) {
        return fail(kRoundBroken, "{}", thrown.what());
      }
    }();
    if (!more && !failing) log::failure(log::Level::Error, "reports.failed", more.error());
    if (more && failing) log::info("reports.back", "the tables for reports are kept current again");
    failing = !more;
    if (failing || !*more) wake_.wait(failing ? kAfterFailure : kPause);
  }
}

}  // namespace muster::site_server
