#include "fleet/table_hash.h"

#include "base/keyed_hash.h"
#include "base/os/system.h"

namespace muster::fleet {

std::uint64_t table_hash(ByteView bytes) {
  static const Bytes key = os::SystemRandom().bytes(kHashKeySize);
  return keyed_hash_words(key, bytes)[0];
}

}  // namespace muster::fleet
