// The site's issuing CA: a self-signed P-256 certificate that issues short-lived leaves.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "contract/signer_protocol.h"
#include "model/ids.h"
#include "trust/certificate.h"

namespace muster::trust {

// client: 7 days, clientAuth. site-system: 24 hours, serverAuth and clientAuth. operator: 12
// hours, clientAuth.
Duration leaf_lifetime(contract::CertificateProfile profile);

struct LeafNames {
  contract::CertificateProfile profile = contract::CertificateProfile::Client;
  // 32 hex digits for a client, else the name of the site system or operator.
  std::string name;
  // Site systems only.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

class CertificateAuthority {
 public:
  // Valid for 5 years, path length 0.
  static CertificateAuthority create(const model::SiteCode& site, Timestamp now, Random& random);
  // Errors: kBadCertificate, kBadKey, also when the two do not belong together.
  static Result<CertificateAuthority> load(ByteView certificate_pem, ByteView key_pem);

  const Certificate& certificate() const { return certificate_; }
  Bytes key_pem() const { return key_.pem(); }

  // Only `names` and the key enter the leaf, nothing else of a request. Error: kProfileRefused.
  Result<Certificate> issue(const PublicKey& key, const LeafNames& names, Timestamp now,
                            Random& random) const;

 private:
  CertificateAuthority(Certificate certificate, EcdsaKey key);
  Certificate certificate_;
  EcdsaKey key_;
};

}  // namespace muster::trust
