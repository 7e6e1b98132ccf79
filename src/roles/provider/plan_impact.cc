#include "roles/provider/plan_impact.h"

#include <algorithm>
#include <map>
#include <set>

#include "contract/objects/object.h"
#include "model/query/parse.h"
#include "roles/provider/errors.h"
#include "store/site/objects.h"

namespace muster::provider {
namespace {

using store::DeviceNumber;
using Devices = std::vector<DeviceNumber>;

constexpr std::size_t kSampleNames = 10;
constexpr std::int64_t kPage = 10'000;
// A client that missed two polls is called offline: one may be lost on the way.
constexpr int kMissedPolls = 2;

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

// The members of collections as they stand in the database, each reckoned once: collections may
// name each other over and over.
class Members {
 public:
  Members(hosting::Site& site, store::Reader& reader, Timestamp now)
      : site_(site), reader_(reader), now_(now) {}

  // And what the collection itself leaves out, by its cause.
  Result<void> gather(std::string_view name, Target& target);

 private:
  Result<Devices> of(const std::string& name);
  Result<Devices> named_by(const model::Rule& rule, Target& target);

  hosting::Site& site_;
  store::Reader& reader_;
  Timestamp now_;
  std::map<std::string, Devices> known_;
};

// What the members of another collection lack is not of this deployment.
Result<Devices> Members::of(const std::string& name) {
  if (const auto found = known_.find(name); found != known_.end()) return found->second;
  Target other;
  TRY(gather(name, other));
  return known_[name] = std::move(other.members);
}

Result<Devices> Members::named_by(const model::Rule& rule, Target& target) {
  return std::visit(
      Overloaded{[&](const model::QueryRule& query) -> Result<Devices> {
                   const auto parsed = TRY(model::parse_query(query.query));
                   return TRY(site_.fleet.devices_matching(parsed, now_)).numbers();
                 },
                 [&](const model::DeviceRule& direct) -> Result<Devices> {
                   const auto id = TRY(model::DeviceId::parse(direct.device));
                   const auto device = TRY(store::find_device(reader_, id));
                   if (!device) return Devices();
                   if (device->state == store::DeviceState::Active) return Devices{device->number};
                   ++target.exclusions[fmt::format("the device is {}", to_text(device->state))];
                   return Devices();
                 },
                 [&](const model::IncludeRule& include) { return of(include.collection); },
                 [](const model::ExcludeRule&) -> Result<Devices> { return Devices(); }},
      rule);
}

Result<void> Members::gather(std::string_view name, Target& target) {
  if (name == model::kAllSystems) {
    target.members = TRY(site_.fleet.members(std::string(fleet::kAllSystems)));
    return {};
  }
  const auto object = TRY(store::find_object(reader_, "Collection", name));
  if (!object) return fail(kReferenceMissing, "there is no collection {}", name);
  const auto decoded =
      TRY(contract::decode_spec(contract::ObjectKind::Collection, object->name, object->spec));
  const auto& collection = std::get<model::Collection>(decoded.value);
  std::set<DeviceNumber> named;
  for (const model::Rule& rule : collection.rules) {
    const Devices devices = TRY(named_by(rule, target));
    named.insert(devices.begin(), devices.end());
  }
  // Exclude beats include and direct; the limit comes last.
  for (const model::Rule& rule : collection.rules) {
    const auto* exclude = std::get_if<model::ExcludeRule>(&rule);
    if (exclude == nullptr) continue;
    std::size_t excluded = 0;
    for (const DeviceNumber device : TRY(of(exclude->collection))) excluded += named.erase(device);
    if (excluded > 0)
      target.exclusions["excluded with collection " + exclude->collection] += excluded;
  }
  const Devices limit = TRY(of(collection.limited_to));
  target.members.clear();
  std::ranges::set_intersection(named, limit, std::back_inserter(target.members));
  if (const std::size_t outside = named.size() - target.members.size(); outside > 0)
    target.exclusions["outside the limiting collection " + collection.limited_to] += outside;
  return {};
}

Result<std::vector<contract::CountedName>> count_systems(hosting::Site& site,
                                                         const Devices& members, Timestamp now) {
  const auto query = TRY(model::parse_query("OperatingSystem | summarize count() by Name"));
  const auto table = TRY(site.fleet.evaluate(query, {.now = now, .devices = members}));
  std::vector<contract::CountedName> out;
  std::uint64_t known = 0;
  for (const model::Row& row : table.rows) {
    contract::CountedName counted;
    for (const model::Value& value : row) {
      if (const auto* text = std::get_if<std::string>(&value)) counted.name = *text;
      if (const auto* number = std::get_if<std::int64_t>(&value))
        counted.devices = static_cast<std::uint64_t>(*number);
    }
    if (counted.name.empty()) continue;  // counted as not known below
    known += counted.devices;
    out.push_back(std::move(counted));
  }
  if (known < members.size()) out.push_back({"not known", members.size() - known});
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return a.devices != b.devices ? a.devices > b.devices : a.name < b.name;
  });
  return out;
}

}  // namespace

Result<Target> deployment_target(hosting::Site& site, store::Reader& reader,
                                 std::string_view collection, Timestamp now) {
  Target target;
  TRY(Members(site, reader, now).gather(collection, target));
  return target;
}

Result<contract::Impact> impact_of(hosting::Site& site, store::Reader& reader, const Target& target,
                                   Timestamp now) {
  contract::Impact impact;
  impact.devices = target.members.size();
  impact.succeeded = target.succeeded;
  impact.bytes_per_device = target.bytes_per_device;
  impact.bytes = target.bytes_per_device * (impact.devices - impact.succeeded);
  impact.offline_after = site.settings.duration("policy.poll_interval") * kMissedPolls;
  for (const auto& [reason, devices] : target.exclusions)
    impact.exclusions.push_back({reason, devices});
  impact.systems = TRY(count_systems(site, target.members, now));
  auto next = target.members.begin();
  for (DeviceNumber after = 0; next != target.members.end();) {
    const auto page = TRY(store::list_devices(reader, after, kPage));
    if (page.empty()) break;
    for (const store::Device& device : page) {
      next = std::find_if(next, target.members.end(),
                          [&](DeviceNumber number) { return number >= device.number; });
      if (next == target.members.end() || *next != device.number) continue;
      if (impact.sample.size() < kSampleNames) impact.sample.push_back(device.name);
      const auto contact = std::max(device.last_seen, site.contacts.last(device.id.text()));
      if (!contact || *contact + impact.offline_after < now) ++impact.offline;
      ++next;
    }
    after = page.back().number;
  }
  return impact;
}

}  // namespace muster::provider
