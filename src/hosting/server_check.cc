#include "hosting/server_check.h"

#include <algorithm>

#include "base/sha256.h"
#include "trust/errors.h"
#include "trust/peer_identity.h"

namespace muster::hosting {
namespace {

bool names(const trust::Certificate& leaf, const std::string& host) {
  return std::ranges::find(leaf.dns_names, host) != leaf.dns_names.end() ||
         std::ranges::find(leaf.ip_addresses, host) != leaf.ip_addresses.end();
}

}  // namespace

Result<trust::Certificate> check_server(const PinnedCa& pinned, ByteView leaf_der,
                                        std::span<const Bytes> chain_der, const std::string& host,
                                        Timestamp now) {
  const auto found = std::ranges::find_if(
      chain_der, [&](const Bytes& der) { return sha256(der) == pinned.sha256; });
  if (found == chain_der.end())
    return fail(trust::kWrongIssuer, "{} does not present this site's CA", host);
  const auto ca = TRY(trust::parse_certificate_der(*found));
  auto leaf = std::make_shared<trust::Certificate>(TRY(trust::parse_certificate_der(leaf_der)));
  TRY(trust::check_issued_by(*leaf, ca));
  if (!leaf->valid_at(now))
    return fail(trust::kExpired, "the certificate of {} is valid from {} to {}, now is {}", host,
                to_text(leaf->not_before), to_text(leaf->not_after), to_text(now));
  const auto identity = TRY(trust::identify_peer(leaf));
  if (identity.kind != trust::PeerKind::SiteSystem)
    return fail(trust::kNoIdentity, "{} shows the certificate of a {}", host,
                trust::to_text(identity.kind));
  if (!names(*leaf, host))
    return fail(trust::kNoIdentity, "the certificate of site system {} does not name {}",
                identity.id, host);
  return ca;
}

}  // namespace muster::hosting
