// Named values and counters of the site.
#pragma once

#include "base/random.h"
#include "store/database.h"

namespace muster::store {

Result<std::optional<Bytes>> site_setting(Reader& reader, std::string_view name);
Result<void> set_site_setting(Transaction& transaction, std::string_view name, ByteView value);

// A secret of `size` random bytes, made at the first call and the same ever after.
Result<Bytes> site_secret(Transaction& transaction, std::string_view name, std::size_t size,
                          Random& random);

enum class Counter {
  Object,             // the number inside an ObjectId
  Change,             // serial of objects, devices and the change log
  Policy,             // version of policy headers
  Device,             // device numbers
  InventoryRow,       // row ids
  InventoryClass,     // class ids
  InventorySequence,  // positions in the inventory log
  Status,             // status messages
  Audit,              // audit entries
  Quarantine,         // quarantined messages
  Revocation,         // revocations
  CollectedFile,      // versions of collected files
};

// Takes `count` successive values and returns the first; the first of all is 1. Never goes back.
Result<std::int64_t> take_counter(Transaction& transaction, Counter counter,
                                  std::int64_t count = 1);
// Values taken last by the same transaction, and used by nobody.
Result<void> give_back_to_counter(Transaction& transaction, Counter counter, std::int64_t count);
// The last value taken, 0 when none was.
Result<std::int64_t> read_counter(Reader& reader, Counter counter);

}  // namespace muster::store
