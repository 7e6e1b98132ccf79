#include "trust/peer_identity.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "model/ids.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

constexpr std::string_view kUrn = "urn:muster:";

constexpr std::array<std::pair<PeerKind, std::string_view>, 3> kKinds{{
    {PeerKind::Device, "device"},
    {PeerKind::SiteSystem, "site-system"},
    {PeerKind::Operator, "operator"},
}};

bool is_id(PeerKind kind, std::string_view id) {
  return kind == PeerKind::Device ? model::DeviceId::parse(id).has_value()
                                  : model::check_name(id).has_value();
}

}  // namespace

std::string_view to_text(PeerKind kind) {
  for (const auto& [known, name] : kKinds)
    if (known == kind) return name;
  check_failed("a known kind of peer", __FILE__, __LINE__);
}

std::string urn_of(PeerKind kind, std::string_view id) {
  return fmt::format("{}{}:{}", kUrn, to_text(kind), id);
}

Result<PeerIdentity> identify_peer(CertificatePtr certificate) {
  MUSTER_CHECK(certificate != nullptr);
  if (certificate->is_ca)
    return fail(kNoIdentity, "'{}' is a CA, not a peer", certificate->common_name);
  std::string_view urn;
  for (const std::string& uri : certificate->uris) {
    if (!uri.starts_with(kUrn)) continue;
    if (!urn.empty())
      return fail(kNoIdentity, "'{}' names several identities", certificate->common_name);
    urn = uri;
  }
  if (urn.empty())
    return fail(kNoIdentity, "'{}' has no URI '{}...'", certificate->common_name, kUrn);
  const std::string_view rest = urn.substr(kUrn.size());
  const std::size_t colon = rest.find(':');
  for (const auto& [kind, name] : kKinds) {
    if (colon == rest.npos || rest.substr(0, colon) != name) continue;
    const std::string_view id = rest.substr(colon + 1);
    if (is_id(kind, id)) return PeerIdentity{kind, std::string(id), std::move(certificate)};
  }
  return fail(kNoIdentity, "'{}' is no identity of this version", urn);
}

}  // namespace muster::trust
