// OpenSSL's objects as owned values; private to trust/*.cc.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/check.h"

namespace muster::trust {

template <auto free_function>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using Pkcs7Ptr = std::unique_ptr<PKCS7, FreeWith<PKCS7_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

struct OpensslKey {
  KeyPtr key;
  // OpenSSL counts uses of a key in the object; verifying and signing leave it as it is.
  EVP_PKEY* get() const { return key.get(); }
};

struct OpensslCertificate {
  X509Ptr certificate;
  X509* get() const { return certificate.get(); }
};

// The queue of errors is per thread; what is left in it would blame a later call.
std::string take_openssl_error();

// An i2d function's output.
template <typename T, typename Encode>
Bytes to_der(Encode encode, T* object) {
  unsigned char* out = nullptr;
  const int size = encode(object, &out);
  MUSTER_CHECK(size > 0);
  Bytes der(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  OPENSSL_free(out);
  return der;
}

inline void free_object(EVP_PKEY* object) { EVP_PKEY_free(object); }
inline void free_object(X509* object) { X509_free(object); }
inline void free_object(X509_REQ* object) { X509_REQ_free(object); }
inline void free_object(PKCS7* object) { PKCS7_free(object); }

// A d2i function's result, null unless it took all of `der`.
template <typename T, typename Decode>
T* from_der(Decode decode, ByteView der) {
  const unsigned char* at = as_u8(der);
  T* object = decode(nullptr, &at, static_cast<long>(der.size()));
  if (object != nullptr && at == as_u8(der) + der.size()) return object;
  if (object != nullptr) free_object(object);
  take_openssl_error();
  return nullptr;
}

BioPtr reading_bio(ByteView text);
Bytes content_of(BIO* bio);

Bytes sign_with(const OpensslKey& key, const EVP_MD* digest, ByteView message);
bool verify_with(const OpensslKey& key, const EVP_MD* digest, ByteView message, ByteView signature);

class PublicKey;
// The key as OpenSSL has read it already, whose it stays, too: decoding it anew takes longer than
// verifying with it. Error: kBadKey.
Result<PublicKey> public_key_of(EVP_PKEY* key);

}  // namespace muster::trust
