#include "trust/est.h"

#include "trust/errors.h"
#include "trust/openssl.h"

namespace muster::trust {
namespace {

constexpr std::size_t kBodyLimit = 256u << 10;
constexpr int kMostCertificates = 16;

// RFC 8951: receivers take base64 with and without line breaks. We send none, for strongSwan 5.9.8
// decodes line breaks as if they were digits.
Result<Bytes> from_base64_lines(ByteView body, std::size_t limit) {
  if (body.size() > limit)
    return fail(kBadEstBody, "{} bytes, the limit is {}", body.size(), limit);
  Bytes text;
  text.reserve(body.size());
  for (const char c : body)
    if (c != '\r' && c != '\n' && c != ' ' && c != '\t') text += c;
  auto der = from_base64(text);
  if (!der || der->empty()) return fail(kBadEstBody, "the body is not base64");
  return *std::move(der);
}

}  // namespace

Bytes encode_est_certificates(std::span<const Certificate> certificates) {
  const Pkcs7Ptr message(PKCS7_new());
  MUSTER_CHECK(message != nullptr);
  // RFC 5652 5.1: version 1, no signers, no content: a bag of certificates.
  MUSTER_CHECK(PKCS7_set_type(message.get(), NID_pkcs7_signed) == 1);
  PKCS7* content = PKCS7_new();
  MUSTER_CHECK(content != nullptr);
  content->type = OBJ_nid2obj(NID_pkcs7_data);
  MUSTER_CHECK(PKCS7_set_content(message.get(), content) == 1);
  for (const Certificate& certificate : certificates)
    MUSTER_CHECK(PKCS7_add_certificate(message.get(), certificate.handle->get()) == 1);
  return to_base64(to_der(&i2d_PKCS7, message.get()));
}

Result<std::vector<Certificate>> decode_est_certificates(ByteView body) {
  const Bytes der = TRY(from_base64_lines(body, kBodyLimit));
  const Pkcs7Ptr message(from_der<PKCS7>(&d2i_PKCS7, der));
  if (message == nullptr || !PKCS7_type_is_signed(message.get()) || message->d.sign == nullptr ||
      message->d.sign->cert == nullptr)
    return fail(kBadEstBody, "no PKCS#7 SignedData with certificates");
  const STACK_OF(X509)* stack = message->d.sign->cert;
  const int count = sk_X509_num(stack);
  if (count < 1 || count > kMostCertificates)
    return fail(kBadEstBody, "{} certificates, allowed are 1 to {}", count, kMostCertificates);
  std::vector<Certificate> certificates;
  for (int i = 0; i < count; ++i)
    certificates.push_back(TRY(parse_certificate_der(to_der(&i2d_X509, sk_X509_value(stack, i)))));
  return certificates;
}

Bytes encode_est_request(ByteView request_der) { return to_base64(request_der); }

Result<Bytes> decode_est_request(ByteView body) { return from_base64_lines(body, kBodyLimit); }

}  // namespace muster::trust
