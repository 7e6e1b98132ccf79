// Devices of the site and what is known of each.
#pragma once

#include "model/ids.h"
#include "store/database.h"

namespace muster::store {

// Never reused, never leaves the site without its code.
using DeviceNumber = std::uint32_t;

enum class DeviceState { Pending, Active, Blocked, Quarantined };
std::string_view to_text(DeviceState state);  // "pending", "active", "blocked", "quarantined"
Result<DeviceState> parse_device_state(std::string_view text);

struct Device {
  DeviceNumber number;
  model::DeviceId id;
  model::SiteCode site;
  std::string name;
  DeviceState state;
  std::optional<std::string> approved_by;
  Timestamp enrolled;
  std::optional<Timestamp> last_seen;
  std::string client_version;
  std::int64_t serial;  // of the last change of name or state
  std::int64_t inventory_count;
  std::optional<std::string> inventory_digest;  // nothing: no full inventory yet
  std::optional<Timestamp> inventory_at;
  std::int64_t resync;  // counts the demands for a full inventory
};

struct NewDevice {
  model::DeviceId id;
  model::SiteCode site;
  std::string_view name;
  DeviceState state = DeviceState::Pending;
  std::optional<std::string_view> approved_by = std::nullopt;
};

// Errors: kNameTaken when the id is known already, kCounterExhausted.
Result<Device> create_device(Transaction& transaction, const NewDevice& device, Timestamp now);

Result<std::optional<Device>> find_device(Reader& reader, const model::DeviceId& id);
Result<std::optional<Device>> find_device(Reader& reader, DeviceNumber number);
// Like find_device; kNotFound where there is none.
Result<Device> read_device(Reader& reader, const model::DeviceId& id);
// By number, those after `after`; at most `limit`.
Result<std::vector<Device>> list_devices(Reader& reader, DeviceNumber after, std::int64_t limit);
Result<std::vector<Device>> list_devices(Reader& reader, DeviceState state, DeviceNumber after,
                                         std::int64_t limit);
// Ascending.
Result<std::vector<DeviceNumber>> device_numbers(Reader& reader, DeviceState state);
// Those whose serial is greater, by serial: how caches of states keep current.
Result<std::vector<Device>> devices_changed_after(Reader& reader, std::int64_t serial,
                                                  std::int64_t limit);

// `actor` becomes approved_by when the state becomes Active. Error: kNotFound.
Result<void> set_device_state(Transaction& transaction, DeviceNumber number, DeviceState state,
                              std::string_view actor);
Result<void> rename_device(Transaction& transaction, DeviceNumber number, std::string_view name);
// A contact; it takes no serial. Earlier moments than the last are ignored.
Result<void> touch_device(Transaction& transaction, DeviceNumber number,
                          std::string_view client_version, Timestamp now);
// Demands a full inventory; returns the new value of `resync`.
Result<std::int64_t> demand_resync(Transaction& transaction, DeviceNumber number);
// Forgets the device and all that belongs to it, except revocations and the audit.
Result<void> delete_device(Transaction& transaction, DeviceNumber number);

}  // namespace muster::store
