// Envelopes of clients: parts lie within the text, and a header means the same after its own form.
#include <cstdint>

#include "base/check.h"
#include "contract/envelope.h"

namespace muster::contract {
namespace {

void check(ByteView text) {
  const EnvelopeLimits limits{.header_bytes = 1024, .body_bytes = 4096, .unpacked_bytes = 1u << 20};
  const auto envelope = parse_envelope(text, limits);
  if (!envelope) return;
  MUSTER_CHECK(text.starts_with(envelope->signed_part));
  MUSTER_CHECK(text.ends_with(envelope->body));
  MUSTER_CHECK(frame_envelope(envelope->signed_part, envelope->signature, envelope->body) == text);
  const Bytes own = envelope_signed_part(envelope->header);
  const Bytes again = frame_envelope(own, envelope->signature, envelope->body);
  const auto parsed = parse_envelope(again, limits);
  MUSTER_CHECK(parsed.has_value());
  MUSTER_CHECK(envelope_signed_part(parsed->header) == own);
}

}  // namespace
}  // namespace muster::contract

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  muster::contract::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
