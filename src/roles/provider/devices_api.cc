#include "roles/provider/devices_api.h"

#include <algorithm>
#include <charconv>

#include "contract/api.h"
#include "contract/nudge.h"
#include "hosting/audit.h"
#include "roles/provider/answers.h"
#include "roles/provider/device_agent.h"
#include "roles/provider/errors.h"
#include "store/site/certificates.h"
#include "store/site/device_names.h"
#include "store/site/enrolment.h"

namespace muster::provider {
namespace {

std::string operating_system(const hosting::Site& site, store::DeviceNumber device) {
  const auto rows = site.fleet.rows(device);
  if (!rows) return {};
  for (const model::ClassRows& each : rows->classes) {
    if (each.type->name != "OperatingSystem" || each.rows.empty()) continue;
    const auto column = each.type->column("Name");
    if (const auto* name = std::get_if<std::string>(&each.rows[0][*column])) return *name;
  }
  return {};
}

contract::DeviceView view_of(const hosting::Site& site, const store::Device& device) {
  contract::DeviceView view{.name = device.name,
                            .id = device.id.text(),
                            .site = device.site.text(),
                            .state = std::string(store::to_text(device.state)),
                            .enrolled = device.enrolled,
                            .last_seen = device.last_seen,
                            .inventory_at = device.inventory_at,
                            .inventory_rows = device.inventory_count,
                            .client_version = device.client_version,
                            .operating_system = operating_system(site, device.number),
                            .approved_by = device.approved_by};
  const auto presence = site.nudges.presence(view.id);
  view.connected_since = presence.connected_since;
  view.last_contact = std::max({device.last_seen, site.contacts.last(view.id), presence.last});
  view.triggered = presence.asked;
  view.trigger_taken = presence.taken;
  view.trigger_waiting = contract::encode_look(presence.waiting);
  if (device.state != store::DeviceState::Pending) return view;
  const auto waiting = site.database->read(
      [&](store::Reader& reader) { return store::find_pending_enrolment(reader, device.id); });
  if (!waiting || !*waiting) return view;
  view.waiting_key = "SHA256:" + to_hex((*waiting)->key_sha256);
  view.waiting_address = (*waiting)->address;
  return view;
}

Bytes encode(const contract::DeviceView& view) {
  wire::JsonWriter w;
  contract::write_device(w, view);
  return std::move(w).take();
}

Result<net::Response> change_state(hosting::Site& site, hosting::Call& call,
                                   store::DeviceState state, std::string_view action) {
  std::string changed;
  hosting::Admission before = hosting::Admission::Unknown;
  const auto device =
      site.database->write([&](store::Transaction& transaction) -> Result<store::Device> {
        const auto found = TRY(named_device(transaction, call.captures[0]));
        changed = found.id.text();
        before = site.access.device(changed);
        TRY(store::set_device_state(transaction, found.number, state, actor_of(call)));
        TRY(hosting::audit(transaction,
                           {.actor = actor_of(call),
                            .action = std::string(action),
                            .kind = "Device",
                            .name = found.name,
                            .before = std::string(store::to_text(found.state)),
                            .after = std::string(store::to_text(state)),
                            .correlation = found.id.text()},
                           call.now));
        // Inside the transaction: an enrolment that runs beside it cannot undo the block.
        site.access.set_device(found.id.text(), state == store::DeviceState::Active
                                                    ? hosting::Admission::Active
                                                    : hosting::Admission::Refused);
        site.polls.forget(found.id.text());
        return store::read_device(transaction, found.id);
      });
  if (!device) {
    if (!changed.empty()) site.access.set_device(changed, before);
    return fail(device.error());
  }
  site.changed.notify();
  return json_answer(200, encode(view_of(site, *device)));
}

}  // namespace

Result<store::Device> named_device(store::Reader& reader, std::string_view name) {
  if (const auto id = model::DeviceId::parse(name))
    if (auto device = TRY(store::find_device(reader, *id))) return *std::move(device);
  const auto numbers = TRY(store::devices_named(reader, name));
  if (numbers.empty()) return fail(kNoSuchThing, "device {}", name.substr(0, 80));
  if (numbers.size() > 1)
    return fail(kAmbiguousName, "{} devices are called {}", numbers.size(), name);
  return *TRY(store::find_device(reader, numbers[0]));
}

Result<net::Response> list_devices(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::string cursor = TRY(read_cursor(call));
  store::DeviceNumber after = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), after);
  const auto devices = TRY(site.database->read(
      [&](store::Reader& reader) { return store::list_devices(reader, after, limit); }));
  std::vector<Bytes> items;
  items.reserve(devices.size());
  for (const auto& device : devices) items.push_back(encode(view_of(site, device)));
  const bool full = devices.size() == static_cast<std::size_t>(limit);
  const std::string next = full ? make_cursor(fmt::format("{}", devices.back().number)) : "";
  return json_answer(200, contract::encode_page(items, next));
}

Result<net::Response> get_device(hosting::Site& site, hosting::Call& call) {
  std::optional<store::Device> device;
  const auto agent =
      TRY(site.database->read([&](store::Reader& reader) -> Result<model::EffectiveAgent> {
        device = TRY(named_device(reader, call.captures[0]));
        return device_agent(site, reader, device->number);
      }));
  const auto rows = site.fleet.rows(device->number);
  return json_answer(200, contract::encode_device_details(
                              view_of(site, *device),
                              rows ? rows->classes : std::vector<model::ClassRows>(), agent));
}

Result<net::Response> approve_device(hosting::Site& site, hosting::Call& call) {
  return change_state(site, call, store::DeviceState::Active, "approve");
}

Result<net::Response> block_device(hosting::Site& site, hosting::Call& call) {
  return change_state(site, call, store::DeviceState::Blocked, "block");
}

Result<net::Response> delete_device(hosting::Site& site, hosting::Call& call) {
  if (dry_run(call)) {
    TRY(site.database->read(
        [&](store::Reader& reader) { return named_device(reader, call.captures[0]); }));
    return empty_answer();
  }
  const auto device =
      TRY(site.database->write([&](store::Transaction& transaction) -> Result<store::Device> {
        auto found = TRY(named_device(transaction, call.captures[0]));
        // The same id may enrol again; what was issued to it before stays worthless.
        for (const auto& leaf : TRY(store::certificates_of(transaction, found.id))) {
          TRY(store::revoke_certificate(transaction, leaf.sha256, leaf.not_after,
                                        "deleted by " + actor_of(call), call.now));
          site.access.revoke_certificate(leaf.sha256);
        }
        site.access.set_device(found.id.text(), hosting::Admission::Refused);
        TRY(store::delete_device(transaction, found.number));
        TRY(hosting::audit(transaction,
                           {.actor = actor_of(call),
                            .action = "delete",
                            .kind = "Device",
                            .name = found.name,
                            .before = {},
                            .after = {},
                            .correlation = found.id.text()},
                           call.now));
        return found;
      }));
  site.shelf.put_header(device.id.text(), nullptr, site.clock.now());
  site.nudges.drop(device.id.text());
  site.forgotten.add(device.number);
  site.changed.notify();
  return empty_answer();
}

}  // namespace muster::provider
