#include "store/site/devices.h"

#include <array>
#include <limits>

#include "store/site/settings.h"
#include "store/site/status.h"

namespace muster::store {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"pending", "active", "blocked", "quarantined"};

constexpr std::string_view kColumns =
    "number, device_id, site, name, state, approved_by, enrolled, last_seen, client_version, "
    "serial, inventory_count, inventory_digest, inventory_at, resync";

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM device {}", kColumns, rest);
}

Result<Device> decode_device(Rows& rows) {
  const std::int64_t number = TRY(rows.integer(0));
  if (number <= 0 || number > std::numeric_limits<DeviceNumber>::max())
    return fail(kUnexpectedValue, "device number {}", number);
  return Device{static_cast<DeviceNumber>(number),
                TRY(model::DeviceId::from_bytes(TRY(rows.blob_view(1)))),
                TRY(model::SiteCode::parse(TRY(rows.text_view(2)))),
                TRY(rows.text(3)),
                TRY(parse_device_state(TRY(rows.text_view(4)))),
                TRY(rows.maybe_text(5)),
                TRY(rows.time(6)),
                TRY(rows.maybe_time(7)),
                TRY(rows.text(8)),
                TRY(rows.integer(9)),
                TRY(rows.integer(10)),
                TRY(rows.maybe_text(11)),
                TRY(rows.maybe_time(12)),
                TRY(rows.integer(13))};
}

Result<void> one_device(std::int64_t changed, DeviceNumber number) {
  if (changed == 0) return fail(kNotFound, "device number {}", number);
  return {};
}

}  // namespace

std::string_view to_text(DeviceState state) { return kStates[static_cast<std::size_t>(state)]; }

Result<DeviceState> parse_device_state(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == text) return static_cast<DeviceState>(i);
  return fail(kUnexpectedValue, "\"{}\" is no state of a device", text);
}

Result<Device> create_device(Transaction& transaction, const NewDevice& device, Timestamp now) {
  if (const auto known = TRY(find_device(transaction, device.id)))
    return fail(kNameTaken, "device {} is there already as \"{}\"", device.id.text(), known->name);
  const std::int64_t number = TRY(take_counter(transaction, Counter::Device));
  if (number > std::numeric_limits<DeviceNumber>::max())
    return fail(kCounterExhausted, "device numbers of site {}", device.site.text());
  const std::int64_t serial = TRY(take_counter(transaction, Counter::Change));
  TRY(transaction.run(
      "INSERT INTO device (number, device_id, site, name, state, approved_by, enrolled, "
      "client_version, serial, inventory_count, resync) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, '', $8, 0, 0)",
      {number, blob(device.id.bytes()), device.site.text(), device.name, to_text(device.state),
       device.approved_by, now, serial}));
  return read_device(transaction, device.id);
}

Result<std::optional<Device>> find_device(Reader& reader, const model::DeviceId& id) {
  static const std::string sql = select("WHERE device_id = $1");
  return reader.first(sql, {blob(id.bytes())}, decode_device);
}

Result<std::optional<Device>> find_device(Reader& reader, DeviceNumber number) {
  static const std::string sql = select("WHERE number = $1");
  return reader.first(sql, {number}, decode_device);
}

Result<Device> read_device(Reader& reader, const model::DeviceId& id) {
  auto device = TRY(find_device(reader, id));
  if (!device) return fail(kNotFound, "device {}", id.text());
  return *std::move(device);
}

Result<std::vector<Device>> list_devices(Reader& reader, DeviceNumber after, std::int64_t limit) {
  static const std::string sql = select("WHERE number > $1 ORDER BY number LIMIT $2");
  return reader.all(sql, {after, limit}, decode_device);
}

Result<std::vector<Device>> list_devices(Reader& reader, DeviceState state, DeviceNumber after,
                                         std::int64_t limit) {
  static const std::string sql =
      select("WHERE state = $1 AND number > $2 ORDER BY number LIMIT $3");
  return reader.all(sql, {to_text(state), after, limit}, decode_device);
}

Result<std::vector<DeviceNumber>> device_numbers(Reader& reader, DeviceState state) {
  return reader.all("SELECT number FROM device WHERE state = $1 ORDER BY number", {to_text(state)},
                    [](Rows& rows) -> Result<DeviceNumber> {
                      return static_cast<DeviceNumber>(TRY(rows.integer(0)));
                    });
}

Result<std::vector<Device>> devices_changed_after(Reader& reader, std::int64_t serial,
                                                  std::int64_t limit) {
  static const std::string sql = select("WHERE serial > $1 ORDER BY serial LIMIT $2");
  return reader.all(sql, {serial, limit}, decode_device);
}

Result<void> set_device_state(Transaction& transaction, DeviceNumber number, DeviceState state,
                              std::string_view actor) {
  const std::int64_t serial = TRY(take_counter(transaction, Counter::Change));
  const std::optional<std::string_view> approved_by =
      state == DeviceState::Active ? std::optional(actor) : std::nullopt;
  return one_device(TRY(transaction.run("UPDATE device SET state = $1, serial = $2, "
                                        "approved_by = COALESCE($3, approved_by) WHERE number = $4",
                                        {to_text(state), serial, approved_by, number})),
                    number);
}

Result<void> rename_device(Transaction& transaction, DeviceNumber number, std::string_view name) {
  const std::int64_t serial = TRY(take_counter(transaction, Counter::Change));
  return one_device(
      TRY(transaction.run("UPDATE device SET name = $1, serial = $2 WHERE number = $3",
                          {name, serial, number})),
      number);
}

Result<void> touch_device(Transaction& transaction, DeviceNumber number,
                          std::string_view client_version, Timestamp now) {
  const std::int64_t changed =
      TRY(transaction.run("UPDATE device SET last_seen = $1, client_version = $2 "
                          "WHERE number = $3 AND (last_seen IS NULL OR last_seen <= $1)",
                          {now, client_version, number}));
  // Nothing changed: the device is unknown, or has been seen later.
  if (changed == 0 && !TRY(find_device(transaction, number))) return one_device(0, number);
  return {};
}

Result<std::int64_t> demand_resync(Transaction& transaction, DeviceNumber number) {
  const auto resync = TRY(
      transaction.first("UPDATE device SET resync = resync + 1 WHERE number = $1 RETURNING resync",
                        {number}, [](Rows& rows) { return rows.integer(0); }));
  if (!resync) return fail(kNotFound, "device number {}", number);
  return *resync;
}

Result<void> delete_device(Transaction& transaction, DeviceNumber number) {
  const auto device = TRY(find_device(transaction, number));
  if (!device) return one_device(0, number);
  const Param id = blob(device->id.bytes());
  TRY(transaction.run("DELETE FROM certificate WHERE device_id = $1", {id}));
  TRY(transaction.run("DELETE FROM pending_enrolment WHERE device_id = $1", {id}));
  TRY(transaction.run("DELETE FROM status_message WHERE device = $1", {number}));
  TRY(uncount_device(transaction, number));
  // The other tables of devices have foreign keys that cascade.
  TRY(transaction.run("DELETE FROM device WHERE number = $1", {number}));
  return {};
}

}  // namespace muster::store
