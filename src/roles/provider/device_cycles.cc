#include "roles/provider/device_cycles.h"

#include <algorithm>

#include "contract/catalogue_text.h"
#include "contract/policy.h"
#include "contract/policy_view.h"
#include "contract/signed_document.h"
#include "hosting/audit.h"
#include "model/collection.h"
#include "roles/provider/answers.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "store/site/objects.h"

namespace muster::provider {
namespace {

using contract::PolicyPart;
using Parts = std::vector<PolicyPart>;

Result<store::Device> active_device(store::Reader& reader, std::string_view name) {
  auto device = TRY(named_device(reader, name));
  if (device.state != store::DeviceState::Active)
    return fail(kDeviceNotActive, "device {} is {}", device.name, store::to_text(device.state));
  return device;
}

Result<model::Cycle> wanted_cycle(const hosting::Call& call) {
  const auto cycle = model::cycle_named(call.captures[1]);
  if (!cycle)
    return fail(kBadRequest, "cycle '{}'; there are {}", call.captures[1].substr(0, 40),
                model::all_cycles());
  return *cycle;
}

// A collection as the audit names it, and the ids of its devices that are let in.
struct Audience {
  std::string name, id;
  std::vector<std::string> devices{};
};

Result<Audience> all_devices(store::Reader& reader) {
  constexpr std::int64_t kPage = 10'000;
  Audience out{std::string(model::kAllSystems), std::string(model::kAllSystems)};
  for (store::DeviceNumber after = 0;;) {
    const auto page = TRY(store::list_devices(reader, store::DeviceState::Active, after, kPage));
    for (const store::Device& device : page) out.devices.push_back(device.id.text());
    if (page.size() < kPage) return out;
    after = page.back().number;
  }
}

Result<Audience> audience_of(const hosting::Site& site, store::Reader& reader,
                             std::string_view name) {
  if (name == model::kAllSystems) return all_devices(reader);
  const auto object = TRY(store::find_object(reader, "Collection", name));
  if (!object) return fail(kNoSuchThing, "collection {}", name.substr(0, 80));
  Audience out{object->name, object->id.text()};
  // None: the index has no such collection yet.
  const auto members = site.fleet.members(out.id);
  for (const store::DeviceNumber number : members ? *members : std::vector<store::DeviceNumber>()) {
    const auto device = TRY(store::find_device(reader, number));
    if (device && device->state == store::DeviceState::Active)
      out.devices.push_back(device->id.text());
  }
  return out;
}

std::string schedule_text(const model::Schedule& schedule) {
  return schedule.repeat.empty() ? model::first_text(schedule)
                                 : model::first_text(schedule) + " " + schedule.repeat;
}

void say(const contract::ClientSettingsBody& body, Parts& out) {
  out.push_back({"policy poll", "every " + to_text(body.poll_interval)});
  out.push_back({"inventory", "every " + to_text(body.inventory_interval)});
  for (const auto& [name, interval] : body.class_intervals)
    out.push_back({"inventory of " + name, "every " + to_text(interval)});
  out.push_back({"heartbeat", "every " + to_text(body.heartbeat_interval)});
  for (const auto& [name, value] : body.agent)
    out.push_back({"setting " + name, to_text(value) + ", by the site"});
  out.push_back(
      {"signed time", "starts nothing new when it is older than " + to_text(body.max_age)});
  out.push_back({"splay", to_text(body.splay)});
  out.push_back(
      {"distribution points", fmt::format("{}", fmt::join(body.distribution_points, ", "))});
}

void say(const contract::DeploymentBody& body, Parts& out) {
  std::string text =
      fmt::format("{}: program {} of package {} {}, from {}", model::to_text(body.purpose),
                  body.program, body.package, body.package_version, to_text(body.start));
  if (body.deadline) text += ", deadline " + to_text(*body.deadline);
  for (const model::Schedule& each : body.schedules) text += ", at " + schedule_text(each);
  for (const model::DeploymentEvent each : body.events)
    text += fmt::format(", on {}", model::to_text(each));
  if (!body.after.empty()) text += fmt::format(", after {} deployments", body.after.size());
  if (body.expires) text += ", until " + to_text(*body.expires);
  text += fmt::format(", run again {}", model::to_text(body.rerun));
  if (body.notice) text += ", users are told";
  if (body.ignore_windows) text += ", outside of maintenance windows too";
  out.push_back({"deployment " + body.name, std::move(text)});
  for (const auto& first : body.first)
    out.push_back(
        {"deployment " + body.name, fmt::format("first program {} of package {} {}", first.program,
                                                first.package, first.package_version)});
}

void say(const contract::CollectionBody& body, Parts& out) {
  const std::string by =
      fmt::format(", by collection {} (precedence {})", body.name, body.agent.precedence);
  for (const auto& [name, value] : body.agent.settings)
    out.push_back({"setting " + name, to_text(value) + by});
  for (const model::Variable& each : body.agent.variables)
    out.push_back({"variable " + each.name,
                   (each.masked() ? "masked, secret " + each.secret : each.value) + by});
  for (const model::MaintenanceWindow& each : body.windows)
    out.push_back({"maintenance window " + each.name,
                   fmt::format("from {} for {}, by collection {}", schedule_text(each.schedule),
                               to_text(each.duration), body.name)});
}

void say(const contract::InventoryBody& body, Parts& out) {
  for (const contract::EntryReference& each : body.entries)
    out.push_back(
        {each.role.starts_with(contract::kFilesRolePrefix) ? "file collection" : "inventory class",
         fmt::format("{} version {}, signed by an operator", each.role, each.version)});
}

Result<void> say_body(const hosting::Site& site, const model::DeviceId& device,
                      std::string_view sha256, Parts& out) {
  const auto found = site.shelf.bodies_for(device.text(), {&sha256, 1}, site.clock.now());
  if (found.empty()) return fail(kNoSuchThing, "policy body {}", sha256);
  const auto framed = TRY(contract::parse_signed_document(*found[0]));
  const auto body = TRY(contract::decode_policy_body(framed.payload));
  std::visit([&](const auto& each) { say(each, out); }, body);
  return {};
}

}  // namespace

Result<net::Response> trigger_cycle(hosting::Site& site, hosting::Call& call) {
  const auto cycle = TRY(wanted_cycle(call));
  contract::TriggerView view;
  view.cycle = model::to_text(cycle);
  // Written down first: nobody is asked for anything that the audit does not know.
  const auto device =
      TRY(site.database->write([&](store::Transaction& transaction) -> Result<store::Device> {
        auto found = TRY(active_device(transaction, call.captures[0]));
        TRY(hosting::audit(transaction,
                           {.actor = actor_of(call),
                            .action = "trigger",
                            .kind = "Device",
                            .name = found.name,
                            .before = {},
                            .after = view.cycle,
                            .correlation = found.id.text()},
                           call.now));
        return found;
      }));
  const std::string id = device.id.text();
  view.device = device.name;
  view.last_contact =
      std::max({device.last_seen, site.contacts.last(id), site.nudges.presence(id).last});
  view.told = site.nudges.ask(id, cycle);
  return json_answer(200, contract::encode_trigger_view(view));
}

Result<net::Response> trigger_collection(hosting::Site& site, hosting::Call& call) {
  const auto cycle = TRY(wanted_cycle(call));
  contract::CollectionTriggerView view;
  view.cycle = model::to_text(cycle);
  const auto audience = TRY(site.database->read(
      [&](store::Reader& reader) { return audience_of(site, reader, call.captures[0]); }));
  view.collection = audience.name;
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    return hosting::audit(
        transaction,
        {.actor = actor_of(call),
         .action = "trigger",
         .kind = "Collection",
         .name = audience.name,
         .before = {},
         .after = fmt::format("{}, {} devices", view.cycle, audience.devices.size()),
         .correlation = audience.id},
        call.now);
  }));
  for (const std::string& device : audience.devices)
    ++(site.nudges.ask(device, cycle) ? view.told : view.waiting);
  return json_answer(200, contract::encode_collection_trigger_view(view));
}

Result<net::Response> get_device_policy(hosting::Site& site, hosting::Call& call) {
  const auto device = TRY(site.database->read(
      [&](store::Reader& reader) { return named_device(reader, call.captures[0]); }));
  const auto shelved = site.shelf.header(device.id.text());
  if (!shelved) return fail(kNoSuchThing, "policy of device {}", device.name);
  const auto framed = TRY(contract::parse_signed_document(shelved->document));
  const auto header = TRY(contract::decode_policy_header(framed.payload));
  contract::PolicyView view{device.name, {}};
  view.parts.push_back(
      {"policy", fmt::format("version {}.{}, signed at {}, good until {}", header.epoch,
                             header.version, to_text(header.issued), to_text(header.expires))});
  view.parts.push_back({"catalogue", fmt::format("root {}", header.catalogue_root)});
  for (const contract::BodyReference& reference : header.bodies)
    // One that cannot be read is said in its place: the device has the same trouble with it.
    if (const auto said = say_body(site, device.id, reference.sha256, view.parts); !said)
      view.parts.push_back({"unreadable part", said.error().text()});
  return json_answer(200, contract::encode_policy_view(view));
}

}  // namespace muster::provider
