#include "model/spread.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/sha256.h"

namespace muster::model {

Duration start_offset(std::string_view device, std::string_view deployment, Duration splay) {
  if (splay.count() <= 0) return Duration(0);
  ByteWriter name;
  name.sized(device);
  name.sized(deployment);
  const Bytes hash = sha256(name.view());
  ByteReader in(hash);
  const std::uint64_t number = in.u64().value();
  return Duration(static_cast<Duration::rep>(number % static_cast<std::uint64_t>(splay.count())));
}

}  // namespace muster::model
