// The inventory message: all rows (full) or what changed since a base (delta).
// Body of an envelope of type "inventory"; docs/protocols/inventory.md.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/inventory.h"
#include "model/schema.h"

namespace muster::contract {

struct InventoryReport {
  enum class Kind { Full, Delta };

  Kind kind = Kind::Full;
  Timestamp collected;
  // The resync number of the policy header that the client followed last.
  std::uint64_t resync = 0;
  model::RowSetDigest base;               // Delta: what the rows are a change of
  model::RowSetDigest digest;             // what the device holds afterwards
  std::vector<model::ClassRows> rows;     // Full: all; Delta: the added
  std::vector<model::ClassRows> removed;  // Delta only; volatile columns absent
};

Bytes encode_inventory_report(const InventoryReport& report);
// Rows are checked against their class in `schema`, which they are of. Errors: kUnknownClass,
// kTooMuch, kBadRow and JSON's own.
Result<InventoryReport> decode_inventory_report(ByteView json, const model::Schema& schema);
// The names of the classes that an inventory report or a heartbeat has rows of; none where it
// cannot be read.
std::vector<std::string> reported_classes(ByteView json);

// The heartbeat message: the client lives, and what changes without anybody's doing.
struct Heartbeat {
  Timestamp sent;
  std::string name;
  std::string client_version;
  model::RowSetDigest inventory;                // so that the site notices a difference
  std::vector<model::ClassRows> volatile_rows;  // rows of classes with volatile columns
};

// Each is looked up in the database. A client with more leaves its volatile rows to its reports.
inline constexpr std::size_t kMostVolatileRows = 10'000;

Bytes encode_heartbeat(const Heartbeat& heartbeat);
Result<Heartbeat> decode_heartbeat(ByteView json, const model::Schema& schema);

}  // namespace muster::contract
