#include "trust/certificate_parts.h"

#include <openssl/bn.h>

namespace muster::trust {
namespace {

constexpr std::size_t kSerialSize = 16;

}  // namespace

void set_serial(X509* x509, Random& random) {
  Bytes bytes = random.bytes(kSerialSize);
  bytes[0] = static_cast<char>((bytes[0] & 0x3f) | 0x40);
  BIGNUM* number = BN_bin2bn(as_u8(bytes), static_cast<int>(bytes.size()), nullptr);
  MUSTER_CHECK(number != nullptr);
  MUSTER_CHECK(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nullptr);
  BN_free(number);
}

void set_validity(X509* x509, Timestamp from, Timestamp to) {
  MUSTER_CHECK(ASN1_TIME_set(X509_getm_notBefore(x509), from.ms / 1000) != nullptr);
  MUSTER_CHECK(ASN1_TIME_set(X509_getm_notAfter(x509), to.ms / 1000) != nullptr);
}

void add_extension(X509* x509, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  MUSTER_CHECK(extension != nullptr);
  MUSTER_CHECK(X509_add_ext(x509, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

Certificate sign_certificate(X509* x509, const EcdsaKey& key) {
  MUSTER_CHECK(X509_sign(x509, key.handle()->get(), EVP_sha256()) > 0);
  auto certificate = parse_certificate_der(to_der(&i2d_X509, x509));
  MUSTER_CHECK(certificate.has_value());
  return *std::move(certificate);
}

}  // namespace muster::trust
