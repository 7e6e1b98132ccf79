#include "roles/site_server/collection_evaluator/collection_evaluator.h"

#include "base/log.h"
#include "contract/objects/object.h"
#include "fleet/errors.h"
#include "hosting/site_database.h"
#include "hosting/stored_schema.h"
#include "model/query/parse.h"
#include "roles/site_server/client_facts.h"
#include "store/errors.h"
#include "store/site/collections.h"
#include "store/site/device_names.h"
#include "store/site/inventory.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kPage = 1000;

// Rows of the database, grouped as the index takes them.
std::vector<model::ClassRows> by_class(std::vector<store::InventoryRow> rows) {
  std::vector<model::ClassRows> out;
  for (store::InventoryRow& row : rows) {
    if (out.empty() || out.back().type != row.type) out.push_back({row.type, {}});
    out.back().rows.push_back(std::move(row.row));
  }
  return out;
}

Result<fleet::DeviceChange> full_change(store::InventoryReader& inventories,
                                        const store::Device& device, const model::Schema& schema) {
  fleet::DeviceChange change;
  change.schema = schema;
  change.device = device.number;
  change.name = device.name;
  change.extent = fleet::Extent::Full;
  change.added = by_class(TRY(inventories.rows(device.number)));
  change.added.push_back(client_rows(device));
  return change;
}

struct ReadRule {
  fleet::CollectionRule rule;
  std::vector<model::DeviceId> devices;  // that it names, known ones and others
};

Result<ReadRule> read_rule(store::Reader& reader, std::string_view name, ByteView spec) {
  const auto object = TRY(contract::decode_spec(contract::ObjectKind::Collection, name, spec));
  const auto& collection = std::get<model::Collection>(object.value);
  ReadRule out;
  const auto id_of = [&](const std::string& other) -> Result<std::string> {
    if (other == model::kAllSystems) return std::string(fleet::kAllSystems);
    const auto object = TRY(store::find_object(reader, "Collection", other));
    if (!object)
      return fail(fleet::kUnknownCollection, "collection {} names {}, which is not there", name,
                  other);
    return object->id.text();
  };
  for (const model::Rule& each : collection.rules) {
    if (const auto* query = std::get_if<model::QueryRule>(&each)) {
      out.rule.queries.push_back(TRY_IN(model::parse_query(query->query), "collection {}", name));
    } else if (const auto* include = std::get_if<model::IncludeRule>(&each)) {
      out.rule.included.push_back(TRY(id_of(include->collection)));
    } else if (const auto* exclude = std::get_if<model::ExcludeRule>(&each)) {
      out.rule.excluded.push_back(TRY(id_of(exclude->collection)));
    } else {
      out.devices.push_back(TRY(model::DeviceId::parse(std::get<model::DeviceRule>(each).device)));
      if (const auto device = TRY(store::find_device(reader, out.devices.back())))
        out.rule.direct.push_back(device->number);
    }
  }
  out.rule.limiting = TRY(id_of(collection.limited_to));
  return out;
}

// Others have to be followed first: what the rule names, what still names it, or what would close
// a circle with the rule's new form. In the database there is no circle, so a later pass succeeds.
bool waits_for_others(const Error& error) {
  return error.is(fleet::kUnknownCollection) || error.is(fleet::kCollectionCycle) ||
         error.is(fleet::kCollectionInUse);
}

void report_unfollowed(const model::ObjectId& id, const Error& error) {
  log::failure(log::Level::Error, "collection.change.failed", error, {{"id", id.text()}});
}

}  // namespace

CollectionEvaluator::CollectionEvaluator(hosting::Site& site)
    : CollectionEvaluator(site, hosting::keeps_reports(site.settings) ? StoredMembers::Kept
                                                                      : StoredMembers::None) {}

void CollectionEvaluator::note(fleet::MembershipChanges changes, Devices& dirty) {
  for (fleet::MembershipChange& change : changes) {
    const auto touch = [&](fleet::DeviceNumber device) { dirty.insert(device); };
    change.joined.for_each(touch);
    change.left.for_each(touch);
    site_.figures->memberships_changed.add(change.joined.size() + change.left.size());
    if (stored_ == StoredMembers::Kept && change.collection != fleet::kAllSystems)
      unstored_.push_back(std::move(change));
  }
}

Result<void> CollectionEvaluator::store_memberships() {
  if (unstored_.empty() && removed_.empty()) return {};
  const Timestamp now = site_.clock.now();
  TRY(site_.database->write([&](store::Transaction& transaction) -> Result<void> {
    for (const fleet::MembershipChange& change : unstored_) {
      const auto id = TRY(model::ObjectId::parse(change.collection));
      TRY(store::remove_members(transaction, id, change.left.numbers()));
      TRY(store::add_members(transaction, id, change.joined.numbers(), now));
    }
    for (const model::ObjectId& collection : removed_)
      TRY(store::remove_all_members(transaction, collection));
    return {};
  }));
  unstored_.clear();
  removed_.clear();
  return {};
}

Result<void> CollectionEvaluator::load() {
  site_.fleet = fleet::Fleet();
  site_.fleet.set_schema(TRY(site_.database->read(hosting::stored_schema)));
  return catch_up();
}

Result<void> CollectionEvaluator::catch_up() {
  TRY(load_devices());
  TRY(load_collections());
  return reconcile_members();
}

Result<void> CollectionEvaluator::load_devices() {
  const model::Schema schema = site_.fleet.schema();
  store::DeviceNumber after = 0;
  for (;;) {
    auto changes = TRY(site_.database->read(
        [&](store::Reader& reader) -> Result<std::vector<fleet::DeviceChange>> {
          std::vector<fleet::DeviceChange> out;
          auto inventories = TRY(store::InventoryReader::open(reader, schema));
          for (const auto& device :
               TRY(store::list_devices(reader, store::DeviceState::Active, after, kPage)))
            out.push_back(TRY(full_change(inventories, device, schema)));
          return out;
        }));
    if (changes.empty()) return {};
    for (fleet::DeviceChange& change : changes) {
      after = change.device;
      TRY(put_in(std::move(change)));
    }
  }
}

Result<void> CollectionEvaluator::put_in(fleet::DeviceChange change) {
  const auto applied = site_.fleet.apply(change, site_.clock.now());
  if (applied) return {};
  // One device's rows are no reason for the site not to start.
  log::failure(log::Level::Error, "fleet.device.unreadable", applied.error(),
               {{"device", change.device}});
  std::erase_if(change.added, [](const model::ClassRows& rows) {
    return rows.type->origin == model::Origin::Client;
  });
  TRY(site_.fleet.apply(change, site_.clock.now()));
  TRY(site_.database->write([&](store::Transaction& transaction) {
    return store::demand_resync(transaction, change.device);
  }));
  return {};
}

Result<void> CollectionEvaluator::load_since(const IndexPosition& position) {
  std::set<store::DeviceNumber> others;
  const auto active = TRY(
      site_.database->read([&](store::Reader& reader) -> Result<std::vector<store::DeviceNumber>> {
        for (const auto number : TRY(store::devices_with_rows_after(reader, position.inventory)))
          others.insert(number);
        for (const auto& device :
             TRY(store::devices_changed_after(reader, position.devices, INT64_MAX)))
          others.insert(device.number);
        return store::device_numbers(reader, store::DeviceState::Active);
      }));
  // Who was deleted leaves no word behind.
  for (const auto number : TRY(site_.fleet.members(std::string(fleet::kAllSystems))))
    if (!std::ranges::binary_search(active, number)) site_.fleet.remove(number);
  for (const auto number : active)
    if (!site_.fleet.contains(number)) others.insert(number);
  for (const auto number : others)
    if (const auto change = TRY(read_anew(number))) TRY(put_in(*change));
  TRY(load_client_facts());
  log::info("fleet.snapshot.followed", "devices that are other than in the snapshot were read",
            {{"devices", others.size()}});
  TRY(load_collections());
  return reconcile_members();
}

// Most messages leave no word in the log of inventories.
Result<void> CollectionEvaluator::load_client_facts() {
  const model::Schema schema = site_.fleet.schema();
  for (store::DeviceNumber after = 0;;) {
    const auto devices = TRY(site_.database->read([&](store::Reader& reader) {
      return store::list_devices(reader, store::DeviceState::Active, after, kPage);
    }));
    if (devices.empty()) return {};
    for (const store::Device& device : devices) {
      after = device.number;
      fleet::DeviceChange change;
      change.device = device.number;
      change.schema = schema;
      change.extent = fleet::Extent::Delta;
      change.updated.push_back(client_rows(device));
      // One that has just become active is told of in the round that follows.
      if (site_.fleet.contains(device.number)) TRY(site_.fleet.apply(change, site_.clock.now()));
    }
  }
}

// A collection after those that it names; what cannot be placed is logged and left out.
Result<void> CollectionEvaluator::load_collections() {
  auto waiting = TRY(site_.database->read([](store::Reader& reader) {
    return store::list_objects(reader, "Collection", "", 1'000'000);
  }));
  Devices nobody;  // reconcile_members() looks at all
  for (bool progress = true; progress && !waiting.empty();) {
    progress = false;
    std::vector<store::Object> later;
    for (store::Object& object : waiting) {
      const auto done = set(object, nobody);
      if (!done && store::is_outage(done.error())) return fail(done.error());
      if (done) {
        progress = true;
      } else if (done.error().is(fleet::kUnknownCollection)) {
        later.push_back(std::move(object));
      } else {
        log::failure(log::Level::Error, "collection.unreadable", done.error(),
                     {{"collection", object.name}});
      }
    }
    waiting = std::move(later);
  }
  unstored_.clear();
  for (const store::Object& object : waiting)
    log::write(log::Level::Error, "collection.incomplete",
               "a collection that this one names is missing", {{"collection", object.name}});
  return {};
}

// What a crash between the inventory's transaction and the memberships' left undone.
Result<void> CollectionEvaluator::reconcile_members() {
  if (stored_ == StoredMembers::None) return site_.database->write(store::forget_members);
  const auto objects = TRY(site_.database->read([](store::Reader& reader) {
    return store::list_objects(reader, "Collection", "", 1'000'000);
  }));
  for (const store::Object& object : objects) {
    const auto members = site_.fleet.members(object.id.text());
    if (!members) continue;
    TRY(site_.database->write([&](store::Transaction& transaction) -> Result<void> {
      const auto stored = TRY(store::members_of(transaction, object.id, 0, INT64_MAX));
      std::set<store::DeviceNumber> gone;
      for (const auto& member : stored) gone.insert(member.device);
      std::vector<store::DeviceNumber> missing;
      for (const auto device : *members)
        if (gone.erase(device) == 0) missing.push_back(device);
      TRY(store::add_members(transaction, object.id, missing, site_.clock.now()));
      TRY(store::remove_members(transaction, object.id, std::vector(gone.begin(), gone.end())));
      return {};
    }));
  }
  return {};
}

void CollectionEvaluator::name_devices(const model::ObjectId& collection,
                                       std::vector<model::DeviceId> devices) {
  std::vector<model::DeviceId>& known = named_by_[collection];
  for (const model::DeviceId& device : known) {
    std::set<model::ObjectId>& by = named_[device];
    by.erase(collection);
    if (by.empty()) named_.erase(device);
  }
  for (const model::DeviceId& device : devices) named_[device].insert(collection);
  known = std::move(devices);
  if (known.empty()) named_by_.erase(collection);
}

Result<void> CollectionEvaluator::set(const store::Object& object, Devices& dirty) {
  auto read = TRY(site_.database->read(
      [&](store::Reader& reader) { return read_rule(reader, object.name, object.spec); }));
  site_.figures->collections_evaluated.add();
  note(TRY(site_.fleet.set_collection(object.id.text(), std::move(read.rule), site_.clock.now())),
       dirty);
  name_devices(object.id, std::move(read.devices));
  return {};
}

Result<void> CollectionEvaluator::follow(const model::ObjectId& id, store::ChangeAction action,
                                         Devices& dirty) {
  if (action == store::ChangeAction::Delete) {
    auto left = site_.fleet.remove_collection(id.text());
    if (!left && left.error().is(fleet::kUnknownCollection)) return {};
    if (!left) return fail(left.error());
    note(*std::move(left), dirty);
    name_devices(id, {});
    if (stored_ == StoredMembers::Kept) removed_.insert(id);
    return {};
  }
  const auto object = TRY(
      site_.database->read([&](store::Reader& reader) { return store::find_object(reader, id); }));
  if (!object || object->deleted) return {};  // its deletion follows in the log
  return set(*object, dirty);
}

void CollectionEvaluator::collections_changed(const std::vector<store::Change>& changes,
                                              MoreChanges more, Devices& dirty) {
  // Of several changes of one collection the last says all: its present state is what is read.
  for (const store::Change& change : changes) waiting_.insert_or_assign(change.id, change.action);
  for (bool progress = true; progress && !waiting_.empty();) {
    progress = false;
    for (auto each = waiting_.begin(); each != waiting_.end();) {
      const auto followed = follow(each->first, each->second, dirty);
      if (!followed && (waits_for_others(followed.error()) || store::is_outage(followed.error()))) {
        ++each;
        continue;
      }
      if (!followed) report_unfollowed(each->first, followed.error());
      progress = progress || followed.has_value();
      each = waiting_.erase(each);
    }
  }
  if (more == MoreChanges::Yes) return;
  std::erase_if(waiting_, [&](const auto& entry) {
    const auto followed = follow(entry.first, entry.second, dirty);
    if (!followed) report_unfollowed(entry.first, followed.error());
    return followed || !store::is_outage(followed.error());
  });
}

Result<void> CollectionEvaluator::device_active(const store::Device& device, Devices& dirty) {
  dirty.insert(device.number);
  if (site_.fleet.contains(device.number)) {
    fleet::DeviceChange renamed;
    renamed.device = device.number;
    renamed.name = device.name;
    renamed.extent = fleet::Extent::Delta;
    note(TRY(site_.fleet.apply(renamed, site_.clock.now())), dirty);
    return {};
  }
  TRY(take_anew(device.number, dirty));
  if (const auto named = named_.find(device.id); named != named_.end())
    for (const model::ObjectId& collection : named->second)
      waiting_.try_emplace(collection, store::ChangeAction::Update);
  return {};
}

Result<std::optional<fleet::DeviceChange>> CollectionEvaluator::read_anew(
    store::DeviceNumber number) {
  return site_.database->read(
      [&](store::Reader& reader) -> Result<std::optional<fleet::DeviceChange>> {
        const auto device = TRY(store::find_device(reader, number));
        if (!device || device->state != store::DeviceState::Active)
          return std::optional<fleet::DeviceChange>();
        const model::Schema schema = site_.fleet.schema();
        auto inventories = TRY(store::InventoryReader::open(reader, schema));
        return std::optional(TRY(full_change(inventories, *device, schema)));
      });
}

Result<void> CollectionEvaluator::take_anew(store::DeviceNumber number, Devices& dirty) {
  if (const auto full = TRY(read_anew(number)))
    note(TRY(site_.fleet.apply(*full, site_.clock.now())), dirty);
  return {};
}

Result<void> CollectionEvaluator::inventory_changed(const fleet::DeviceChange& change,
                                                    Devices& dirty) {
  auto changes = site_.fleet.apply(change, site_.clock.now());
  // The index lags behind the database, for instance after a failed round: take it all anew.
  if (!changes) return take_anew(change.device, dirty);
  note(*std::move(changes), dirty);
  return {};
}

void CollectionEvaluator::device_left(store::DeviceNumber device) {
  Devices nobody;
  note(site_.fleet.remove(device), nobody);
}

void CollectionEvaluator::time_passed(Devices& dirty) {
  note(site_.fleet.refresh(site_.clock.now()), dirty);
}

}  // namespace muster::site_server
