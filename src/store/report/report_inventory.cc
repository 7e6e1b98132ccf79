#include "store/report/report_inventory.h"

#include <deque>

#include "base/byte_writer.h"
#include "base/keyed_hash.h"
#include "store/report/report_device.h"
#include "store/report/report_writer.h"
#include "store/site/inventory_read.h"
#include "store/site/packed_lists.h"
#include "store/site/row_table.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

// Of one transaction: little enough to be soon through, whatever the rows are.
constexpr std::int64_t kMostEntries = 200;
constexpr std::int64_t kMostDevices = 100;
constexpr std::int64_t kMostSwept = 500;

using Devices = std::map<DeviceNumber, ReportDevice>;

// Names an instance of a device in its class, for good.
std::int64_t instance_of(ByteView key, const InstanceKey& of, std::size_t ordinal) {
  ByteWriter message;
  message.u64(of.row);
  message.u64(ordinal);
  message.bytes(of.unique);
  return static_cast<std::int64_t>(keyed_hash_words(key, message.view())[0]);
}

std::vector<std::string> with_columns(std::vector<std::string> names,
                                      const std::vector<ReportColumn>& columns) {
  for (const ReportColumn& column : columns) names.push_back(column.table_name);
  return names;
}

// Writes what happened to instances of one class.
class ClassWriter {
 public:
  ClassWriter(const ReportClass& type, ByteView key)
      : type_(&type),
        key_(key),
        now_(type.table('g'), with_columns({"instance", "row_id", "since", "device"}, type.own()),
             "ON CONFLICT (device, instance) DO NOTHING"),
        history_(type.table('h'),
                 with_columns({"instance", "row_id", "since", "until", "device"}, type.own()), "") {
  }

  void add(DeviceNumber device, const ReportDevice& state, const InstanceKey& key,
           const InstanceHistory& history) {
    changes_.push_back({device, &state, &key, &history});
  }

  Result<void> write(Transaction& transaction) {
    TRY(remove_touched(transaction));
    for (const Change& change : changes_) TRY(write_change(change));
    TRY(write_shared(transaction));
    TRY(now_.flush(transaction));
    return history_.flush(transaction);
  }

 private:
  struct Change {
    DeviceNumber device;
    const ReportDevice* state;
    const InstanceKey* key;
    const InstanceHistory* history;
  };
  using Place = std::pair<DeviceNumber, std::int64_t>;

  // Equal ones take each other's place when one goes: all of them are written anew.
  Result<void> remove_touched(Transaction& transaction) {
    std::vector<Place> places;
    for (const Change& change : changes_)
      for (std::size_t i = 0; i < change.history->before; ++i)
        places.emplace_back(change.device, instance_of(key_, *change.key, i));
    return in_chunks(places.size(), [&](std::size_t first, std::size_t size) -> Result<void> {
      std::vector<Param> params;
      for (std::size_t i = first; i < first + size; ++i) {
        params.emplace_back(places[i].first);
        params.emplace_back(places[i].second);
      }
      Rows rows = TRY(transaction.query(
          fmt::format("DELETE FROM {} g USING (VALUES {}) AS v (device, instance) WHERE "
                      "g.device = v.device AND g.instance = v.instance "
                      "RETURNING g.device, g.instance, g.since",
                      type_->table('g'), placeholder_rows(size, 2, {"INT", "BIGINT"})),
          Params(params)));
      while (TRY(rows.next()))
        if (const auto since = TRY(rows.maybe_integer(2)))
          since_.emplace(
              Place{static_cast<DeviceNumber>(TRY(rows.integer(0))), TRY(rows.integer(1))}, *since);
      return {};
    });
  }

  std::optional<std::int64_t> since_of(const Change& change, std::size_t ordinal) const {
    const auto found = since_.find({change.device, instance_of(key_, *change.key, ordinal)});
    return found == since_.end() ? std::nullopt : std::optional(found->second);
  }

  Result<void> write_change(const Change& change) {
    std::deque<std::optional<std::int64_t>> sinces;
    for (std::size_t i = 0; i < change.history->before; ++i) sinces.push_back(since_of(change, i));
    for (const InstanceEvent& event : change.history->events) {
      if (event.what == InstanceEvent::What::Added) {
        sinces.push_back(event.at);
        continue;
      }
      const auto since = sinces.front();  // the log removes what is there alone
      sinces.pop_front();
      std::vector<Value> row = TRY(start_row(change, 0, since));
      row.emplace_back(*event.at);
      row.emplace_back(std::int64_t{change.device});
      TRY(add_own(row, {change.key->type, change.key->row, change.key->unique, event.changing}));
      history_.add(std::move(row));
    }
    const auto present = change.state->instances(*change.key);
    MUSTER_CHECK(present.size() == sinces.size());
    for (std::size_t i = 0; i < present.size(); ++i) {
      std::vector<Value> row = TRY(start_row(change, i, sinces[i]));
      row.emplace_back(std::int64_t{change.device});
      TRY(add_own(row, present[i]));
      now_.add(std::move(row));
    }
    needed_.push_back(static_cast<std::int64_t>(change.key->row));
    return {};
  }

  Result<std::vector<Value>> start_row(const Change& change, std::size_t ordinal,
                                       const std::optional<std::int64_t>& since) const {
    std::vector<Value> row;
    row.emplace_back(instance_of(key_, *change.key, ordinal));
    row.emplace_back(static_cast<std::int64_t>(change.key->row));
    if (since)
      row.emplace_back(*since);
    else
      row.emplace_back();
    return row;
  }

  Result<void> add_own(std::vector<Value>& row, const RowEntry& entry) const {
    if (type_->own().empty()) return {};
    const model::Row own = TRY(decode_own(type_->type(), entry));
    for (const ReportColumn& column : type_->own()) row.push_back(report_value(column, own));
    return {};
  }

  // The distinct rows that are named for the first time.
  Result<void> write_shared(Transaction& transaction) {
    std::sort(needed_.begin(), needed_.end());
    needed_.erase(std::unique(needed_.begin(), needed_.end()), needed_.end());
    ReportWriter writer(type_->table('r'), with_columns({"id"}, type_->shared()),
                        "ON CONFLICT (id) DO NOTHING");
    TRY(in_chunks(needed_.size(), [&](std::size_t first, std::size_t size) -> Result<void> {
      std::vector<Param> params;
      for (std::size_t i = first; i < first + size; ++i) params.emplace_back(needed_[i]);
      Rows rows = TRY(transaction.query(
          fmt::format("SELECT i.id, i.bytes FROM inventory_row i WHERE i.id IN ({}) AND NOT EXISTS "
                      "(SELECT 1 FROM {} r WHERE r.id = i.id)",
                      placeholders(1, size), type_->table('r')),
          Params(params)));
      while (TRY(rows.next())) {
        const model::Row shared =
            TRY(model::decode_row(type_->type(), TRY(rows.blob_view(1)), model::Columns::Shared));
        std::vector<Value> row;
        row.emplace_back(TRY(rows.integer(0)));
        for (const ReportColumn& column : type_->shared())
          row.push_back(report_value(column, shared));
        writer.add(std::move(row));
      }
      return {};
    }));
    return writer.flush(transaction);
  }

  const ReportClass* type_;
  ByteView key_;
  std::vector<Change> changes_;
  std::map<Place, std::int64_t> since_;
  std::vector<std::int64_t> needed_;
  ReportWriter now_;
  ReportWriter history_;
};

Result<Bytes> row_key(Reader& reader) {
  const auto key = TRY(find_row_key(reader));
  if (!key) return fail(kNotFound, "the key of inventory rows: no class is registered yet");
  return *key;
}

Result<void> save_devices(Transaction& transaction, const Devices& devices) {
  ReportWriter writer("muster_export.device", {"device", "sequence", "rows"},
                      "ON CONFLICT (device) DO UPDATE SET sequence = excluded.sequence, "
                      "rows = excluded.rows");
  for (const auto& [number, device] : devices) {
    std::vector<Value> row;
    row.emplace_back(std::int64_t{number});
    row.emplace_back(device.sequence());
    row.emplace_back(Blob{encode_row_list(device.rows())});
    writer.add(std::move(row));
  }
  return writer.flush(transaction);
}

Result<void> write_devices(Transaction& transaction, const Devices& devices) {
  const ReportClasses classes = TRY(follow_report_classes(transaction));
  const Bytes key = TRY(row_key(transaction));
  std::map<ClassId, ClassWriter> writers;
  for (const auto& [number, device] : devices) {
    for (const auto& [instance, history] : device.histories()) {
      const auto type = classes.find(instance.type);
      if (type == classes.end()) continue;  // retired: its rows are on their way out
      const auto writer = writers.try_emplace(instance.type, *type->second, key).first;
      writer->second.add(number, device, instance, history);
    }
  }
  for (auto& [id, writer] : writers) TRY(writer.write(transaction));
  return save_devices(transaction, devices);
}

struct LogEntry {
  std::int64_t sequence;
  DeviceNumber device;
  std::int64_t at;
  std::vector<RowEntry> added;
  std::vector<RowEntry> removed;
};

Result<LogEntry> decode_entry(Rows& rows, const PackedLists& lists) {
  LogEntry out{TRY(rows.integer(0)),
               static_cast<DeviceNumber>(TRY(rows.integer(1))),
               TRY(rows.integer(2)),
               {},
               {}};
  out.added = TRY_IN(lists.decode(TRY(rows.blob_view(3))), "log entry {}", out.sequence);
  out.removed = TRY_IN(lists.decode(TRY(rows.blob_view(4))), "log entry {}", out.sequence);
  return out;
}

Result<Devices> known_devices(Reader& reader, std::int64_t after, std::int64_t last) {
  Devices out;
  Rows rows =
      TRY(reader.query("SELECT device, sequence, rows FROM muster_export.device WHERE device IN "
                       "(SELECT device FROM inventory_log WHERE sequence > $1 AND sequence <= $2)",
                       {after, last}));
  while (TRY(rows.next()))
    out.try_emplace(static_cast<DeviceNumber>(TRY(rows.integer(0))), TRY(rows.integer(1)),
                    TRY(decode_row_list(TRY(rows.blob_view(2)))));
  return out;
}

Result<ReportStep> take_log(Transaction& transaction) {
  const PackedLists lists = TRY(PackedLists::load(transaction));
  const std::int64_t after = TRY(report_mark(transaction, ReportMark::Inventory)).value_or(0);
  const auto last = TRY(transaction.first(
      "SELECT MAX(sequence) FROM (SELECT sequence FROM inventory_log WHERE sequence > $1 "
      "ORDER BY sequence LIMIT $2) AS next",
      {after, kMostEntries}, [](Rows& rows) { return rows.maybe_integer(0); }));
  if (!last || !*last) {
    // Classes may have changed without anybody's having reported rows of them.
    TRY(follow_report_classes(transaction));
    return ReportStep{};
  }
  // Entries of devices that were deleted since tell of nobody.
  const auto entries = TRY(transaction.all(
      "SELECT l.sequence, l.device, l.at, l.added, l.removed FROM inventory_log l "
      "JOIN device d ON d.number = l.device WHERE l.sequence > $1 AND l.sequence <= $2 "
      "ORDER BY l.sequence",
      {after, **last}, [&](Rows& rows) { return decode_entry(rows, lists); }));
  Devices devices = TRY(known_devices(transaction, after, **last));
  for (const LogEntry& entry : entries) {
    ReportDevice& device =
        devices.try_emplace(entry.device, std::int64_t{0}, std::vector<RowEntry>()).first->second;
    if (entry.sequence <= device.sequence()) continue;  // its state was taken later than that
    TRY_IN(device.apply(entry.sequence, entry.at, entry.added, entry.removed), "device number {}",
           entry.device);
  }
  TRY(write_devices(transaction, devices));
  TRY(set_report_mark(transaction, ReportMark::Inventory, **last));
  return ReportStep{static_cast<std::int64_t>(entries.size()), **last - after >= kMostEntries};
}

// The states of devices where the log has no beginning any more. What they had before is unknown.
Result<ReportStep> take_states(Transaction& transaction, std::int64_t after) {
  Devices devices;
  const PackedLists lists = TRY(PackedLists::load(transaction));
  Rows rows = TRY(transaction.query(
      "SELECT r.device, r.rows, d.inventory_at, c.value FROM device_rows r "
      "JOIN device d ON d.number = r.device JOIN counter c ON c.name = 'inventory_sequence' "
      "WHERE r.device > $1 ORDER BY r.device LIMIT $2",
      {after, kMostDevices}));
  while (TRY(rows.next())) {
    auto& device = devices
                       .try_emplace(static_cast<DeviceNumber>(TRY(rows.integer(0))),
                                    std::int64_t{0}, std::vector<RowEntry>())
                       .first->second;
    const std::int64_t sequence = TRY(rows.integer(3));
    TRY(device.apply(sequence, TRY(rows.maybe_integer(2)),
                     TRY(lists.decode(TRY(rows.blob_view(1)))), {}));
  }
  if (!devices.empty()) TRY(write_devices(transaction, devices));
  const bool more = devices.size() == static_cast<std::size_t>(kMostDevices);
  TRY(set_report_mark(transaction, ReportMark::Base,
                      more ? std::optional<std::int64_t>(devices.rbegin()->first) : std::nullopt));
  return ReportStep{static_cast<std::int64_t>(devices.size()), true};
}

// Sets the Volatile columns of instances of one class.
class ChangingWriter {
 public:
  explicit ChangingWriter(const ReportClass& type) : type_(&type) {}

  Result<void> add(DeviceNumber device, std::int64_t instance, const Bytes& changing) {
    const model::Row row = TRY(model::decode_row(type_->type(), changing, model::Columns::All));
    values_.emplace_back(std::int64_t{device});
    values_.emplace_back(instance);
    for (const ReportColumn& column : type_->changing())
      values_.push_back(report_value(column, row));
    return {};
  }

  Result<void> write(Transaction& transaction) {
    const std::size_t width = type_->changing().size() + 2;
    std::vector<std::string> types = {"INT", "BIGINT"};
    std::vector<std::string> sets;
    for (const ReportColumn& column : type_->changing()) {
      types.push_back(column.type);
      sets.push_back(fmt::format("{0} = v.{0}", column.table_name));
    }
    return in_chunks(
        values_.size() / width, [&](std::size_t first, std::size_t size) -> Result<void> {
          std::vector<Param> params;
          for (std::size_t i = first * width; i < (first + size) * width; ++i)
            params.push_back(param_of(values_[i]));
          TRY(transaction.run(
              fmt::format("UPDATE {} AS g SET {} FROM (VALUES {}) AS v ({}) "
                          "WHERE g.device = v.device AND g.instance = v.instance",
                          type_->table('g'), fmt::join(sets, ", "),
                          placeholder_rows(size, width, types),
                          fmt::join(with_columns({"device", "instance"}, type_->changing()), ", ")),
              Params(params)));
          return {};
        });
  }

 private:
  const ReportClass* type_;
  std::vector<Value> values_;
};

Result<void> remove_deleted(Transaction& transaction, const ReportClasses& classes) {
  const auto gone =
      TRY(transaction.all("SELECT x.device FROM muster_export.device x WHERE NOT EXISTS "
                          "(SELECT 1 FROM device d WHERE d.number = x.device) LIMIT $1",
                          {kMostSwept}, [](Rows& rows) { return rows.integer(0); }));
  return in_chunks(gone.size(), [&](std::size_t first, std::size_t size) -> Result<void> {
    std::vector<Param> params;
    for (std::size_t i = first; i < first + size; ++i) params.emplace_back(gone[i]);
    const auto remove = [&](const std::string& table) {
      return transaction.run(
          fmt::format("DELETE FROM {} WHERE device IN ({})", table, placeholders(1, size)),
          Params(params));
    };
    for (const auto& [id, type] : classes) {
      TRY(remove(type->table('g')));
      TRY(remove(type->table('h')));
    }
    TRY(remove("muster_export.device"));
    return {};
  });
}

// History goes as far back as the log does.
Result<void> forget_history(Transaction& transaction, const ReportClasses& classes) {
  struct First {
    std::int64_t sequence, at;
  };
  const auto first =
      TRY(transaction.first("SELECT sequence, at FROM inventory_log ORDER BY sequence LIMIT 1", {},
                            [](Rows& rows) -> Result<First> {
                              return First{TRY(rows.integer(0)), TRY(rows.integer(1))};
                            }));
  if (!first || first->sequence <= 1) return {};
  for (const auto& [id, type] : classes)
    TRY(transaction.run(fmt::format("DELETE FROM {} WHERE until < $1", type->table('h')),
                        {first->at}));
  return {};
}

}  // namespace

Result<ReportStep> take_inventory_reports(Transaction& transaction) {
  if (const auto base = TRY(report_mark(transaction, ReportMark::Base)))
    return take_states(transaction, *base);
  return take_log(transaction);
}

Result<std::optional<std::int64_t>> sweep_inventory_reports(Transaction& transaction,
                                                            Timestamp since, std::int64_t after) {
  const ReportClasses classes = TRY(follow_report_classes(transaction));
  if (after == 0) {
    TRY(remove_deleted(transaction, classes));
    TRY(forget_history(transaction, classes));
  }
  const Bytes key = TRY(row_key(transaction));
  const PackedLists lists = TRY(PackedLists::load(transaction));
  Devices changed;
  std::map<ClassId, ChangingWriter> writers;
  std::optional<std::int64_t> last;
  std::int64_t count = 0;
  {
    Rows rows = TRY(transaction.query(
        "SELECT x.device, x.sequence, x.rows, r.rows FROM muster_export.device x "
        "JOIN device d ON d.number = x.device JOIN device_rows r ON r.device = x.device "
        "WHERE d.last_seen >= $1 AND x.device > $2 ORDER BY x.device LIMIT $3",
        {since, after, kMostSwept}));
    for (; TRY(rows.next()); ++count) {
      last = TRY(rows.integer(0));
      const auto number = static_cast<DeviceNumber>(*last);
      ReportDevice device(TRY(rows.integer(1)), TRY(decode_row_list(TRY(rows.blob_view(2)))));
      Result<void> added;
      bool any = false;
      device.refresh(TRY(lists.decode(TRY(rows.blob_view(3)))),
                     [&](const InstanceKey& of, std::size_t ordinal, const Bytes& changing) {
                       any = true;
                       const auto type = classes.find(of.type);
                       if (type == classes.end() || !added) return;
                       const auto writer = writers.try_emplace(of.type, *type->second).first;
                       added = writer->second.add(number, instance_of(key, of, ordinal), changing);
                     });
      TRY(added);
      if (any) changed.try_emplace(number, std::move(device));
    }
  }
  for (auto& [id, writer] : writers) TRY(writer.write(transaction));
  TRY(save_devices(transaction, changed));
  return count < kMostSwept ? std::nullopt : last;
}

}  // namespace muster::store
