// Parts of a certificate that is being made; private to trust/*.cc.
#pragma once

#include "base/random.h"
#include "base/time.h"
#include "trust/certificate.h"
#include "trust/openssl.h"

namespace muster::trust {

// Clocks of those who look at a certificate may be behind.
inline constexpr Duration kClockAllowance = std::chrono::minutes(5);

// Positive and always of 16 bytes.
void set_serial(X509* x509, Random& random);
void set_validity(X509* x509, Timestamp from, Timestamp to);
// `value` is always a constant of ours: this is OpenSSL's configuration language.
void add_extension(X509* x509, X509* issuer, int nid, const char* value);
// By the issuer's key, over SHA-256.
Certificate sign_certificate(X509* x509, const EcdsaKey& key);

}  // namespace muster::trust
