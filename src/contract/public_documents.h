// Signed documents that everybody may read: a site's management points and the certificates that
// it revoked. Payloads; docs/protocols/location.md.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"

namespace muster::contract {

struct ManagementPoint {
  std::string https;           // "https://host:port"
  std::string http;            // "http://host:port"; empty: that leg is closed
  std::uint64_t priority = 1;  // lower ones are taken first
};
struct ManagementPointList {
  model::SiteCode site;
  Timestamp issued{};
  std::vector<ManagementPoint> points{};  // at most 1000
};
Bytes encode_management_points(const ManagementPointList& list);
Result<ManagementPointList> decode_management_points(ByteView payload);

struct RevocationList {
  model::SiteCode site;
  Timestamp issued{};
  std::uint64_t number = 0;  // rises with each revocation, also of an operator
  // SHA-256 of the DER, 64 hex digits; newest revocation first, at most 100,000. Certificates that
  // can no longer be used are left out.
  std::vector<std::string> certificates{};
};
inline constexpr std::size_t kMostRevocations = 100'000;
Bytes encode_revocations(const RevocationList& list);
Result<RevocationList> decode_revocations(ByteView payload);

}  // namespace muster::contract
