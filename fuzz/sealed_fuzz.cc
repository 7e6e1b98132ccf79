// Sealed requests and answers: the frame, what a stranger can seal, and what a client opens. The
// first byte chooses.
#include <cstdint>

#include "base/check.h"
#include "trust/sealing.h"

namespace muster::trust {
namespace {

const X25519Key& site_key() {
  static const X25519Key key = *X25519Key::from_raw(Bytes(kX25519Size, 'k'));
  return key;
}

void check_request(ByteView text) {
  const auto parsed = contract::parse_sealed_request(text);
  if (!parsed) return;
  const Bytes own = contract::frame_sealed_request(
      contract::sealed_request_signed_part(parsed->header), parsed->signature, parsed->body);
  const auto again = contract::parse_sealed_request(own);
  MUSTER_CHECK(again.has_value());
  MUSTER_CHECK(again->body == parsed->body && again->signature == parsed->signature);
  MUSTER_CHECK(contract::sealed_request_signed_part(again->header) == again->signed_part);
}

// Whatever arrives: nothing opens by chance.
void check_frame(ByteView text) {
  const auto frame = contract::parse_sealed_frame(text);
  if (frame) MUSTER_CHECK(!open_request(*frame, site_key()).has_value());
}

// Whatever a stranger seals rightly.
void check_sealed(ByteView text) {
  SeededRandom random(text.size());
  const auto ephemeral = X25519Key::generate(random);
  const Bytes bound = contract::sealed_first_line(std::string(64, 'a'));
  const auto context = hpke_send(site_key().public_raw(), "muster-sealed/1 request", ephemeral);
  const Bytes request = bound + ephemeral.public_raw() + context->seal(bound, text);
  const auto opened = open_request(*contract::parse_sealed_frame(request), site_key());
  MUSTER_CHECK(opened.has_value() && opened->text == text);
  check_request(opened->text);
}

void check_answer(ByteView text) {
  const auto answer = contract::decode_sealed_answer(text);
  if (!answer) return;
  const Bytes own = contract::encode_sealed_answer(*answer);
  MUSTER_CHECK(contract::encode_sealed_answer(*contract::decode_sealed_answer(own)) == own);
}

void check_key(ByteView text) {
  const auto key = contract::decode_envelope_key(text);
  if (!key) return;
  const Bytes own = contract::encode_envelope_key(*key);
  MUSTER_CHECK(contract::encode_envelope_key(*contract::decode_envelope_key(own)) == own);
}

}  // namespace
}  // namespace muster::trust

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const muster::ByteView text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'f') muster::trust::check_frame(text);
  if (data[0] == 'r') muster::trust::check_request(text);
  if (data[0] == 's') muster::trust::check_sealed(text);
  if (data[0] == 'a') muster::trust::check_answer(text);
  if (data[0] == 'k') muster::trust::check_key(text);
  return 0;
}
