// The self-signed certificate of a server that is believed by having the certificate itself.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "trust/certificate.h"

namespace muster::trust {

struct ServerNames {
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // as text, "192.0.2.1" or "2001:db8::1"
};

struct PinnedCertificate {
  Certificate certificate;
  EcdsaKey key;
};

// P-256, for TLS servers alone, and no CA: whoever gets hold of the key can pretend to be this
// server and issue nothing. Valid for ten years: all who have pinned it take note of the next one
// by hand. Error: kProfileRefused, for what is no DNS name or address.
Result<PinnedCertificate> make_pinned_certificate(const std::string& common_name,
                                                  const ServerNames& names, Timestamp now,
                                                  Random& random);

// Whether the certificate is good for all these names, for a year from `now`.
bool still_serves(const Certificate& certificate, const ServerNames& names, Timestamp now);

}  // namespace muster::trust
