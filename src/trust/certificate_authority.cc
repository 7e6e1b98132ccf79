#include "trust/certificate_authority.h"

#include <algorithm>

#include "trust/certificate_parts.h"
#include "trust/errors.h"
#include "trust/openssl.h"
#include "trust/peer_identity.h"
#include "trust/x509_names.h"

namespace muster::trust {
namespace {

constexpr Duration kCaLifetime = std::chrono::hours(24 * 365 * 5);

struct Profile {
  Duration lifetime;
  PeerKind kind;
  bool server;
};

Profile rules_of(contract::CertificateProfile profile) {
  using contract::CertificateProfile;
  switch (profile) {
    case CertificateProfile::Client:
      return {std::chrono::hours(24 * 7), PeerKind::Device, false};
    case CertificateProfile::SiteSystem:
      return {std::chrono::hours(24), PeerKind::SiteSystem, true};
    case CertificateProfile::Operator:
      return {std::chrono::hours(12), PeerKind::Operator, false};
  }
  check_failed("a known profile", __FILE__, __LINE__);
}

Result<void> check_names(const LeafNames& names) {
  if (names.profile == contract::CertificateProfile::SiteSystem) {
    if (names.dns_names.empty() && names.ip_addresses.empty())
      return fail(kProfileRefused, "site system '{}' without a DNS name or address", names.name);
  } else if (!names.dns_names.empty() || !names.ip_addresses.empty()) {
    return fail(kProfileRefused, "{} '{}' with a DNS name or address",
                contract::to_text(names.profile), names.name);
  }
  const bool device = names.profile == contract::CertificateProfile::Client;
  const bool good = device ? model::DeviceId::parse(names.name).has_value()
                           : model::check_name(names.name).has_value();
  if (!good)
    return fail(kProfileRefused, "'{}' is no name for profile {}", names.name,
                contract::to_text(names.profile));
  return {};
}

}  // namespace

Duration leaf_lifetime(contract::CertificateProfile profile) { return rules_of(profile).lifetime; }

CertificateAuthority::CertificateAuthority(Certificate certificate, EcdsaKey key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {}

CertificateAuthority CertificateAuthority::create(const model::SiteCode& site, Timestamp now,
                                                  Random& random) {
  EcdsaKey key = EcdsaKey::generate();
  const X509Ptr x509(X509_new());
  MUSTER_CHECK(x509 != nullptr);
  MUSTER_CHECK(X509_set_version(x509.get(), X509_VERSION_3) == 1);
  set_serial(x509.get(), random);
  set_validity(x509.get(), now - kClockAllowance, now + kCaLifetime);
  X509_NAME* subject = X509_get_subject_name(x509.get());
  const std::string name = fmt::format("muster {} issuing CA", site.text());
  MUSTER_CHECK(set_common_name(subject, name, kBadCertificate).has_value());
  MUSTER_CHECK(X509_set_issuer_name(x509.get(), subject) == 1);
  MUSTER_CHECK(X509_set_pubkey(x509.get(), key.handle()->get()) == 1);
  add_extension(x509.get(), x509.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(x509.get(), x509.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(x509.get(), x509.get(), NID_subject_key_identifier, "hash");
  Certificate certificate = sign_certificate(x509.get(), key);
  return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<CertificateAuthority> CertificateAuthority::load(ByteView certificate_pem,
                                                        ByteView key_pem) {
  Certificate certificate = TRY(parse_certificate_pem(certificate_pem));
  EcdsaKey key = TRY(EcdsaKey::from_pem(key_pem));
  if (!certificate.is_ca) return fail(kBadCertificate, "'{}' is no CA", certificate.common_name);
  if (certificate.key.spki_der() != key.public_key().spki_der())
    return fail(kBadKey, "the key is not that of the certificate '{}'", certificate.common_name);
  return CertificateAuthority(std::move(certificate), std::move(key));
}

Result<Certificate> CertificateAuthority::issue(const PublicKey& key, const LeafNames& names,
                                                Timestamp now, Random& random) const {
  TRY(check_names(names));
  if (!certificate_.valid_at(now))
    return fail(kExpired, "the CA '{}' is valid until {}", certificate_.common_name,
                to_text(certificate_.not_after));
  const Profile profile = rules_of(names.profile);
  const X509Ptr x509(X509_new());
  MUSTER_CHECK(x509 != nullptr);
  X509* issuer = certificate_.handle->get();
  MUSTER_CHECK(X509_set_version(x509.get(), X509_VERSION_3) == 1);
  set_serial(x509.get(), random);
  set_validity(x509.get(), now - kClockAllowance,
               std::min(now + profile.lifetime, certificate_.not_after));
  TRY(set_common_name(X509_get_subject_name(x509.get()), names.name, kProfileRefused));
  MUSTER_CHECK(X509_set_issuer_name(x509.get(), X509_get_subject_name(issuer)) == 1);
  MUSTER_CHECK(X509_set_pubkey(x509.get(), key.handle()->get()) == 1);
  add_extension(x509.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x509.get(), issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(x509.get(), issuer, NID_ext_key_usage,
                profile.server ? "serverAuth,clientAuth" : "clientAuth");
  add_extension(x509.get(), issuer, NID_subject_key_identifier, "hash");
  add_extension(x509.get(), issuer, NID_authority_key_identifier, "keyid:always");
  const NamesPtr alternative = TRY(make_alternative_names(
      {{urn_of(profile.kind, names.name)}, names.dns_names, names.ip_addresses}, kProfileRefused));
  MUSTER_CHECK(X509_add1_ext_i2d(x509.get(), NID_subject_alt_name, alternative.get(), 0,
                                 X509V3_ADD_APPEND) == 1);
  return sign_certificate(x509.get(), key_);
}

}  // namespace muster::trust
