// What strangers send at enrolment and in a handshake: requests, certificates, EST bodies. The
// first byte chooses.
#include <cstdint>

#include "base/check.h"
#include "trust/csr.h"
#include "trust/est.h"
#include "trust/peer_identity.h"

namespace muster::trust {
namespace {

void check_certificate(ByteView der) {
  const auto certificate = parse_certificate_der(der);
  if (!certificate) return;
  MUSTER_CHECK(certificate->der == der);
  MUSTER_CHECK(parse_certificate_pem(certificate_pem(*certificate)).has_value());
  const auto peer = identify_peer(std::make_shared<const Certificate>(*certificate));
  if (peer) MUSTER_CHECK(!peer->id.empty() && !certificate->is_ca);
}

}  // namespace
}  // namespace muster::trust

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const muster::ByteView input(reinterpret_cast<const char*>(data), size);
  const muster::ByteView rest = input.substr(1);
  if (input[0] == 'c') muster::trust::check_certificate(rest);
  if (input[0] == 'r') (void)muster::trust::parse_request(rest);
  if (input[0] == 'e') (void)muster::trust::decode_est_certificates(rest);
  if (input[0] == 'b') (void)muster::trust::decode_est_request(rest);
  return 0;
}
