#include "trust/certificate.h"

#include <openssl/pem.h>

#include <ctime>

#include "base/sha256.h"
#include "trust/errors.h"
#include "trust/openssl.h"
#include "trust/x509_names.h"

namespace muster::trust {
namespace {

constexpr std::size_t kSerialLimit = 20;  // RFC 5280 4.1.2.2
constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----\n";
constexpr std::string_view kPemEnd = "-----END CERTIFICATE-----\n";

Result<Timestamp> read_time(const ASN1_TIME* time, std::string_view name) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    take_openssl_error();
    return fail(kBadCertificate, "{} is no time", name);
  }
  return Timestamp{static_cast<std::int64_t>(timegm(&parts)) * 1000};
}

Result<Bytes> read_serial(const X509* x509) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(x509);
  Bytes bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
              static_cast<std::size_t>(ASN1_STRING_length(serial)));
  if (bytes.empty() || bytes.size() > kSerialLimit ||
      ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
    return fail(kBadCertificate, "the serial number is not 1 to {} bytes", kSerialLimit);
  return bytes;
}

// An extension that stands twice would let two readers see two certificates.
Result<NamesPtr> alternative_names_of(X509* x509) {
  int state = 0;
  NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509, NID_subject_alt_name, &state, nullptr)));
  if (names == nullptr && state != -1) {
    take_openssl_error();
    return fail(kBadCertificate, "the alternative names stand twice or are malformed");
  }
  return names;
}

}  // namespace

Result<Certificate> parse_certificate_der(ByteView der) {
  if (der.size() > kCertificateLimit)
    return fail(kBadCertificate, "{} bytes, the limit is {}", der.size(), kCertificateLimit);
  X509Ptr owned(from_der<X509>(&d2i_X509, der));
  X509* x509 = owned.get();
  if (x509 == nullptr) return fail(kBadCertificate, "no certificate in DER");
  // Fills OpenSSL's cache of extensions, so that later readers on other threads find it done.
  X509_check_purpose(x509, -1, 0);
  if ((X509_get_extension_flags(x509) & EXFLAG_INVALID) != 0) {
    take_openssl_error();
    return fail(kBadCertificate, "its extensions are malformed");
  }
  EVP_PKEY* key = X509_get0_pubkey(x509);
  if (key == nullptr) {
    take_openssl_error();
    return fail(kBadKey, "the certificate's key is of an unknown type");
  }
  PublicKey public_key = TRY(public_key_of(key));
  AlternativeNames names =
      TRY(read_alternative_names(TRY(alternative_names_of(x509)).get(), kBadCertificate));
  const std::uint32_t uses = X509_get_extended_key_usage(x509);
  const bool has_uses = (X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) != 0;

  std::string common_name = TRY(read_common_name(X509_get_subject_name(x509), kBadCertificate));
  const Timestamp not_before = TRY(read_time(X509_get0_notBefore(x509), "notBefore"));
  const Timestamp not_after = TRY(read_time(X509_get0_notAfter(x509), "notAfter"));
  Bytes serial = TRY(read_serial(x509));

  Certificate out{.der = Bytes(der),
                  .sha256 = sha256(der),
                  .common_name = std::move(common_name),
                  .uris = std::move(names.uris),
                  .dns_names = std::move(names.dns_names),
                  .ip_addresses = std::move(names.ip_addresses),
                  .not_before = not_before,
                  .not_after = not_after,
                  .serial = std::move(serial),
                  // 1 is a v3 CA by its basic constraints; other values are guesses about v1.
                  .is_ca = X509_check_ca(x509) == 1,
                  .client_auth = has_uses && (uses & XKU_SSL_CLIENT) != 0,
                  .server_auth = has_uses && (uses & XKU_SSL_SERVER) != 0,
                  .key = std::move(public_key),
                  .handle = nullptr};
  out.handle = std::make_shared<const OpensslCertificate>(OpensslCertificate{std::move(owned)});
  return out;
}

Result<Certificate> parse_certificate_pem(ByteView pem) {
  if (pem.size() > 2 * kCertificateLimit)
    return fail(kBadCertificate, "PEM of {} bytes", pem.size());
  if (!pem.starts_with(kPemBegin) || !pem.ends_with(kPemEnd) || pem.find(kPemBegin, 1) != pem.npos)
    return fail(kBadCertificate, "not exactly one certificate in PEM");
  Bytes text;
  for (const char c : pem.substr(kPemBegin.size(), pem.size() - kPemBegin.size() - kPemEnd.size()))
    if (c != '\n') text += c;
  const auto der = from_base64(text);
  if (!der) return fail(kBadCertificate, "the PEM holds no base64");
  return parse_certificate_der(*der);
}

std::string certificate_pem(const Certificate& certificate) {
  constexpr std::size_t kLine = 64;
  const std::string text = to_base64(certificate.der);
  std::string out(kPemBegin);
  for (std::size_t at = 0; at < text.size(); at += kLine) {
    out += text.substr(at, kLine);
    out += '\n';
  }
  out += kPemEnd;
  return out;
}

Result<void> check_issued_by(const Certificate& leaf, const Certificate& ca) {
  if (!ca.is_ca) return fail(kWrongIssuer, "'{}' is no CA", ca.common_name);
  if (X509_check_issued(ca.handle->get(), leaf.handle->get()) != X509_V_OK)
    return fail(kWrongIssuer, "'{}' names another issuer than '{}'", leaf.common_name,
                ca.common_name);
  if (X509_verify(leaf.handle->get(), ca.key.handle()->get()) != 1) {
    take_openssl_error();
    return fail(kWrongIssuer, "'{}' does not carry the signature of '{}'", leaf.common_name,
                ca.common_name);
  }
  return {};
}

Result<CertificatePtr> CertificateCache::parse(ByteView der) {
  const Bytes hash = sha256(der);
  if (CertificatePtr known = find(hash)) return known;
  // Parsed outside the lock: a stranger's certificate delays nobody.
  CertificatePtr parsed = std::make_shared<const Certificate>(TRY(parse_certificate_der(der)));
  const std::lock_guard lock(mutex_);
  if (const auto found = by_hash_.find(hash); found != by_hash_.end())
    return found->second->certificate;
  order_.push_front({parsed});
  by_hash_.emplace(hash, order_.begin());
  if (order_.size() > capacity_) {
    by_hash_.erase(order_.back().certificate->sha256);
    order_.pop_back();
  }
  return parsed;
}

CertificatePtr CertificateCache::find(ByteView sha256) {
  const std::lock_guard lock(mutex_);
  const auto found = by_hash_.find(Bytes(sha256));
  if (found == by_hash_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second);
  return found->second->certificate;
}

Result<void> CertificateCache::check_issued_by(const CertificatePtr& leaf, const Certificate& ca) {
  const auto kept = [&]() -> Kept* {
    const auto found = by_hash_.find(leaf->sha256);
    return found == by_hash_.end() ? nullptr : &*found->second;
  };
  {
    const std::lock_guard lock(mutex_);
    if (const Kept* known = kept(); known != nullptr && known->issuer == ca.sha256) return {};
  }
  TRY(trust::check_issued_by(*leaf, ca));
  const std::lock_guard lock(mutex_);
  if (Kept* known = kept()) known->issuer = ca.sha256;
  return {};
}

std::size_t CertificateCache::size() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace muster::trust
