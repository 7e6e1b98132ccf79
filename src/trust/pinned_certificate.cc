#include "trust/pinned_certificate.h"

#include <algorithm>

#include "trust/certificate_parts.h"
#include "trust/errors.h"
#include "trust/x509_names.h"

namespace muster::trust {
namespace {

constexpr Duration kYear = std::chrono::hours(24 * 365);
constexpr Duration kLifetime = kYear * 10;

bool holds_all(const std::vector<std::string>& have, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(
      wanted, [&](const std::string& name) { return std::ranges::find(have, name) != have.end(); });
}

}  // namespace

Result<PinnedCertificate> make_pinned_certificate(const std::string& common_name,
                                                  const ServerNames& names, Timestamp now,
                                                  Random& random) {
  const NamesPtr alternative =
      TRY(make_alternative_names({{}, names.dns_names, names.ip_addresses}, kProfileRefused));
  EcdsaKey key = EcdsaKey::generate();
  const X509Ptr x509(X509_new());
  MUSTER_CHECK(x509 != nullptr);
  MUSTER_CHECK(X509_set_version(x509.get(), X509_VERSION_3) == 1);
  set_serial(x509.get(), random);
  set_validity(x509.get(), now - kClockAllowance, now + kLifetime);
  X509_NAME* subject = X509_get_subject_name(x509.get());
  TRY(set_common_name(subject, common_name, kProfileRefused));
  MUSTER_CHECK(X509_set_issuer_name(x509.get(), subject) == 1);
  MUSTER_CHECK(X509_set_pubkey(x509.get(), key.handle()->get()) == 1);
  add_extension(x509.get(), x509.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(x509.get(), x509.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(x509.get(), x509.get(), NID_ext_key_usage, "serverAuth");
  add_extension(x509.get(), x509.get(), NID_subject_key_identifier, "hash");
  MUSTER_CHECK(X509_add1_ext_i2d(x509.get(), NID_subject_alt_name, alternative.get(), 0,
                                 X509V3_ADD_APPEND) == 1);
  Certificate certificate = sign_certificate(x509.get(), key);
  return PinnedCertificate{std::move(certificate), std::move(key)};
}

bool still_serves(const Certificate& certificate, const ServerNames& names, Timestamp now) {
  return certificate.server_auth && certificate.valid_at(now) &&
         certificate.valid_at(now + kYear) && holds_all(certificate.dns_names, names.dns_names) &&
         holds_all(certificate.ip_addresses, names.ip_addresses);
}

}  // namespace muster::trust
