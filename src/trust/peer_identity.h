// Who a certificate speaks for: exactly one urn:muster URI in it.
#pragma once

#include <string>
#include <string_view>

#include "trust/certificate.h"

namespace muster::trust {

enum class PeerKind { Device, SiteSystem, Operator };
// "device", "site-system", "operator".
std::string_view to_text(PeerKind kind);

struct PeerIdentity {
  PeerKind kind = PeerKind::Device;
  // The device id's 32 hex digits, or the name of the site system or operator.
  std::string id;
  CertificatePtr certificate;
};

// "urn:muster:device:ID", "urn:muster:site-system:NAME", "urn:muster:operator:NAME".
std::string urn_of(PeerKind kind, std::string_view id);

// Error: kNoIdentity for none, several or malformed URNs, and for a CA certificate. That the
// certificate is of this site and valid now has been checked before, by TLS or check_issued_by().
Result<PeerIdentity> identify_peer(CertificatePtr certificate);

}  // namespace muster::trust
