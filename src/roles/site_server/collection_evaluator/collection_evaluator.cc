#include "roles/site_server/collection_evaluator/collection_evaluator.h"

#include <map>

#include "base/log.h"
#include "contract/objects/object.h"
#include "fleet/errors.h"
#include "hosting/stored_schema.h"
#include "model/query/parse.h"
#include "roles/site_server/errors.h"
#include "store/site/collections.h"
#include "store/site/device_names.h"
#include "store/site/inventory.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kPage = 1000;

// Rows of the database, grouped as the index takes them.
std::vector<model::ClassRows> by_class(const std::vector<store::InventoryRow>& rows) {
  std::vector<model::ClassRows> out;
  for (const store::InventoryRow& row : rows) {
    if (out.empty() || out.back().type != row.type) out.push_back({row.type, {}});
    out.back().rows.push_back(row.row);
  }
  return out;
}

Result<void> store_changes(hosting::Site& site, const fleet::MembershipChanges& changes,
                           std::set<store::DeviceNumber>& dirty) {
  if (changes.empty()) return {};
  const Timestamp now = site.clock.now();
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    for (const fleet::MembershipChange& change : changes) {
      if (change.collection == fleet::kAllSystems) continue;
      const auto id = TRY(model::ObjectId::parse(change.collection));
      if (change.membership == fleet::Membership::Joined) {
        TRY(store::add_member(transaction, id, change.device, now));
      } else {
        TRY(store::remove_member(transaction, id, change.device));
      }
    }
    return {};
  }));
  for (const fleet::MembershipChange& change : changes) dirty.insert(change.device);
  return {};
}

Result<fleet::DeviceChange> full_change(store::Reader& reader, const store::Device& device,
                                        const model::Schema& schema) {
  fleet::DeviceChange change;
  change.schema = schema;
  change.device = device.number;
  change.name = device.name;
  change.extent = fleet::Extent::Full;
  change.added = by_class(TRY(store::device_inventory(reader, schema, device.number)));
  return change;
}

Result<void> load_devices(hosting::Site& site) {
  const model::Schema schema = site.fleet.schema();
  store::DeviceNumber after = 0;
  for (;;) {
    const auto changes = TRY(
        site.database->read([&](store::Reader& reader) -> Result<std::vector<fleet::DeviceChange>> {
          std::vector<fleet::DeviceChange> out;
          for (const auto& device :
               TRY(store::list_devices(reader, store::DeviceState::Active, after, kPage)))
            out.push_back(TRY(full_change(reader, device, schema)));
          return out;
        }));
    if (changes.empty()) return {};
    for (const fleet::DeviceChange& change : changes) {
      after = change.device;
      TRY(site.fleet.apply(change, site.clock.now()));
    }
  }
}

// A collection after those that it names; what cannot be placed is logged and left out.
Result<void> load_collections(hosting::Site& site) {
  auto waiting = TRY(site.database->read([](store::Reader& reader) {
    return store::list_objects(reader, "Collection", "", 1'000'000);
  }));
  for (bool progress = true; progress && !waiting.empty();) {
    progress = false;
    std::vector<store::Object> later;
    for (store::Object& object : waiting) {
      auto rule = site.database->read(
          [&](store::Reader& reader) { return rule_of(reader, object.name, object.spec); });
      const auto set =
          rule ? site.fleet.set_collection(object.id.text(), *std::move(rule), site.clock.now())
               : Result<fleet::MembershipChanges>(fail(rule.error()));
      if (set) {
        progress = true;
      } else if (set.error().is(fleet::kUnknownCollection)) {
        later.push_back(std::move(object));
      } else {
        log::failure(log::Level::Error, "collection.unreadable", set.error(),
                     {{"collection", object.name}});
      }
    }
    waiting = std::move(later);
  }
  for (const store::Object& object : waiting)
    log::write(log::Level::Error, "collection.incomplete",
               "a collection that this one names is missing", {{"collection", object.name}});
  return {};
}

// What a crash between the inventory's transaction and the memberships' left undone.
Result<void> reconcile_members(hosting::Site& site) {
  const auto objects = TRY(site.database->read([](store::Reader& reader) {
    return store::list_objects(reader, "Collection", "", 1'000'000);
  }));
  for (const store::Object& object : objects) {
    const auto members = site.fleet.members(object.id.text());
    if (!members) continue;
    TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
      const auto stored = TRY(store::members_of(transaction, object.id, 0, INT64_MAX));
      std::set<store::DeviceNumber> gone;
      for (const auto& member : stored) gone.insert(member.device);
      for (const auto device : *members) {
        if (gone.erase(device) == 0)
          TRY(store::add_member(transaction, object.id, device, site.clock.now()));
      }
      for (const auto device : gone) TRY(store::remove_member(transaction, object.id, device));
      return {};
    }));
  }
  return {};
}

}  // namespace

Result<fleet::CollectionRule> rule_of(store::Reader& reader, std::string_view name, ByteView spec) {
  const auto object = TRY(contract::decode_spec(contract::ObjectKind::Collection, name, spec));
  const auto& collection = std::get<model::Collection>(object.value);
  fleet::CollectionRule rule;
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
      rule.queries.push_back(TRY_IN(model::parse_query(query->query), "collection {}", name));
    } else if (const auto* include = std::get_if<model::IncludeRule>(&each)) {
      rule.included.push_back(TRY(id_of(include->collection)));
    } else if (const auto* exclude = std::get_if<model::ExcludeRule>(&each)) {
      rule.excluded.push_back(TRY(id_of(exclude->collection)));
    } else {
      const auto id = TRY(model::DeviceId::parse(std::get<model::DeviceRule>(each).device));
      if (const auto device = TRY(store::find_device(reader, id)))
        rule.direct.push_back(device->number);
    }
  }
  rule.limiting = TRY(id_of(collection.limited_to));
  return rule;
}

Result<void> load_fleet(hosting::Site& site) {
  site.fleet = fleet::Fleet();
  site.fleet.set_schema(TRY(site.database->read(hosting::stored_schema)));
  TRY(load_devices(site));
  TRY(load_collections(site));
  return reconcile_members(site);
}

namespace {

Result<void> follow_collection(hosting::Site& site, const store::Change& change,
                               std::set<store::DeviceNumber>& dirty) {
  if (change.action == store::ChangeAction::Delete) {
    auto left = site.fleet.remove_collection(change.id.text());
    if (!left && left.error().is(fleet::kUnknownCollection)) return {};
    if (!left) return fail(left.error());
    for (const auto& each : *left) dirty.insert(each.device);
    return site.database->write([&](store::Transaction& transaction) -> Result<void> {
      TRY(store::remove_members(transaction, change.id));
      return {};
    });
  }
  const auto object = TRY(site.database->read(
      [&](store::Reader& reader) { return store::find_object(reader, change.id); }));
  if (!object || object->deleted) return {};  // its deletion follows in the log
  auto rule = TRY(site.database->read(
      [&](store::Reader& reader) { return rule_of(reader, object->name, object->spec); }));
  const auto changes =
      TRY(site.fleet.set_collection(change.id.text(), std::move(rule), site.clock.now()));
  return store_changes(site, changes, dirty);
}

// Others have to be followed first: what the rule names, what still names it, or what would close
// a circle with the rule's new form. In the database there is no circle, so a later pass succeeds.
bool waits_for_others(const Error& error) {
  return error.is(fleet::kUnknownCollection) || error.is(fleet::kCollectionCycle) ||
         error.is(fleet::kCollectionInUse);
}

void report_unfollowed(const store::Change& change, const Error& error) {
  log::failure(log::Level::Error, "collection.change.failed", error, {{"id", change.id.text()}});
}

}  // namespace

void follow_collections(hosting::Site& site, std::vector<store::Change>& waiting, MoreChanges more,
                        std::set<store::DeviceNumber>& dirty) {
  // Of several changes of one collection the last says all: its present state is what is read.
  std::map<model::ObjectId, store::Change> last;
  for (store::Change& change : waiting) last.insert_or_assign(change.id, std::move(change));
  waiting.clear();
  for (bool progress = true; progress && !last.empty();) {
    progress = false;
    for (auto each = last.begin(); each != last.end();) {
      const auto followed = follow_collection(site, each->second, dirty);
      if (!followed && waits_for_others(followed.error())) {
        ++each;
        continue;
      }
      if (!followed) report_unfollowed(each->second, followed.error());
      progress = progress || followed.has_value();
      each = last.erase(each);
    }
  }
  for (auto& [id, change] : last) {
    if (more == MoreChanges::Yes) {
      waiting.push_back(std::move(change));
    } else if (const auto followed = follow_collection(site, change, dirty); !followed) {
      report_unfollowed(change, followed.error());
    }
  }
}

Result<void> follow_device(hosting::Site& site, const fleet::DeviceChange& change,
                           std::set<store::DeviceNumber>& dirty) {
  auto changes = site.fleet.apply(change, site.clock.now());
  if (!changes) {
    // The index lags behind the database, for instance after a failed round: take it all anew.
    const auto full = TRY(site.database->read(
        [&](store::Reader& reader) -> Result<std::optional<fleet::DeviceChange>> {
          const auto device = TRY(store::find_device(reader, change.device));
          if (!device || device->state != store::DeviceState::Active)
            return std::optional<fleet::DeviceChange>();
          return std::optional(TRY(full_change(reader, *device, site.fleet.schema())));
        }));
    if (!full) return {};
    changes = site.fleet.apply(*full, site.clock.now());
    if (!changes) return fail(changes.error());
  }
  return store_changes(site, *changes, dirty);
}

Result<void> forget_device(hosting::Site& site, store::DeviceNumber device) {
  std::set<store::DeviceNumber> nobody;
  return store_changes(site, site.fleet.remove(device), nobody);
}

Result<void> refresh_collections(hosting::Site& site, std::set<store::DeviceNumber>& dirty) {
  return store_changes(site, site.fleet.refresh(site.clock.now()), dirty);
}

}  // namespace muster::site_server
