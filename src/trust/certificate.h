// X.509 certificates parsed once into values, and a bounded cache of them by hash.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "trust/keys.h"

namespace muster::trust {

struct OpensslCertificate;  // openssl.h

struct Certificate {
  Bytes der;
  // 32 bytes, of the DER.
  Bytes sha256;
  std::string common_name;
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  // As text, "192.0.2.1" or "2001:db8::1".
  std::vector<std::string> ip_addresses;
  Timestamp not_before;
  Timestamp not_after;
  Bytes serial;
  bool is_ca = false;
  bool client_auth = false;
  bool server_auth = false;
  PublicKey key;
  std::shared_ptr<const OpensslCertificate> handle;

  bool valid_at(Timestamp now) const { return not_before <= now && now <= not_after; }
};
using CertificatePtr = std::shared_ptr<const Certificate>;

inline constexpr std::size_t kCertificateLimit = 16u << 10;

// Errors: kBadCertificate, kBadKey.
Result<Certificate> parse_certificate_der(ByteView der);
// Exactly one certificate, as certificate_pem() writes it.
Result<Certificate> parse_certificate_pem(ByteView pem);
std::string certificate_pem(const Certificate& certificate);

// Signature, issuer name, CA flag: error kWrongIssuer. Time is not looked at: see valid_at().
Result<void> check_issued_by(const Certificate& leaf, const Certificate& ca);

// Least recently used goes first. Safe from many threads.
class CertificateCache {
 public:
  explicit CertificateCache(std::size_t capacity) : capacity_(capacity) {}

  Result<CertificatePtr> parse(ByteView der);
  // As the function of that name. What held once for these two holds for good, so it is asked once
  // for each certificate that is kept.
  Result<void> check_issued_by(const CertificatePtr& leaf, const Certificate& ca);
  // Of a certificate that was parsed here and is still kept, else null.
  CertificatePtr find(ByteView sha256);
  std::size_t size() const;

 private:
  struct Kept {
    CertificatePtr certificate;
    Bytes issuer{};  // the SHA-256 of the CA that has issued it; empty until that is known
  };
  using Order = std::list<Kept>;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  Order order_;
  std::unordered_map<Bytes, Order::iterator> by_hash_;
};

}  // namespace muster::trust
