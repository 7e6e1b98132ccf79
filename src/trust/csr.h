// Certificate requests (PKCS#10): made by clients and site systems, read by the issuing CA.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/ids.h"
#include "trust/keys.h"

namespace muster::trust {

struct RequestNames {
  std::string common_name;
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
};

// DER. Error: kBadRequest for names that X.509 cannot hold.
Result<Bytes> make_request(const EcdsaKey& key, const RequestNames& names);
// Common name and URI of a device.
Result<Bytes> make_device_request(const EcdsaKey& key, const model::DeviceId& device);

struct CertificateRequest {
  RequestNames names;
  PublicKey key;
};

inline constexpr std::size_t kRequestLimit = 16u << 10;

// Verifies the request's own signature, which proves possession of the key. P-256 and RSA of 2048
// bits and more (strongSwan's default) pass. Errors: kBadRequest, kBadKey.
Result<CertificateRequest> parse_request(ByteView der);

}  // namespace muster::trust
