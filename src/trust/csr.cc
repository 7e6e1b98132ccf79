#include "trust/csr.h"

#include <openssl/objects.h>

#include "trust/errors.h"
#include "trust/openssl.h"
#include "trust/x509_names.h"

namespace muster::trust {
namespace {

using ExtensionsPtr =
    std::unique_ptr<STACK_OF(X509_EXTENSION), void (*)(STACK_OF(X509_EXTENSION)*)>;

ExtensionsPtr own(STACK_OF(X509_EXTENSION) * stack) {
  return {stack, [](STACK_OF(X509_EXTENSION) * s) {
            sk_X509_EXTENSION_pop_free(s, &X509_EXTENSION_free);
          }};
}

Result<AlternativeNames> names_of(X509_REQ* request) {
  const ExtensionsPtr extensions = own(X509_REQ_get_extensions(request));
  int state = 0;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, &state, nullptr)));
  if (names == nullptr && state != -1) {
    take_openssl_error();
    return fail(kBadRequest, "its alternative names stand twice or are malformed");
  }
  return read_alternative_names(names.get(), kBadRequest);
}

// A proof of possession with a broken digest proves nothing.
bool has_sound_digest(const X509_REQ* request) {
  const int signature = X509_REQ_get_signature_nid(request);
  if (signature == NID_rsassaPss) return true;
  int digest = NID_undef;
  int key = NID_undef;
  if (OBJ_find_sigid_algs(signature, &digest, &key) != 1) return false;
  return digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512;
}

}  // namespace

Result<Bytes> make_request(const EcdsaKey& key, const RequestNames& names) {
  X509ReqPtr request(X509_REQ_new());
  MUSTER_CHECK(request != nullptr);
  MUSTER_CHECK(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  TRY(set_common_name(X509_REQ_get_subject_name(request.get()), names.common_name, kBadRequest));
  MUSTER_CHECK(X509_REQ_set_pubkey(request.get(), key.handle()->get()) == 1);
  const NamesPtr alternative =
      TRY(make_alternative_names({names.uris, names.dns_names, {}}, kBadRequest));
  if (sk_GENERAL_NAME_num(alternative.get()) > 0) {
    STACK_OF(X509_EXTENSION)* stack = nullptr;
    MUSTER_CHECK(X509V3_add1_i2d(&stack, NID_subject_alt_name, alternative.get(), 0,
                                 X509V3_ADD_APPEND) == 1);
    const ExtensionsPtr extensions = own(stack);
    MUSTER_CHECK(X509_REQ_add_extensions(request.get(), extensions.get()) == 1);
  }
  MUSTER_CHECK(X509_REQ_sign(request.get(), key.handle()->get(), EVP_sha256()) > 0);
  return to_der(&i2d_X509_REQ, request.get());
}

Result<Bytes> make_device_request(const EcdsaKey& key, const model::DeviceId& device) {
  return make_request(key, {device.text(), {device.urn()}, {}});
}

Result<CertificateRequest> parse_request(ByteView der) {
  if (der.size() > kRequestLimit)
    return fail(kBadRequest, "{} bytes, the limit is {}", der.size(), kRequestLimit);
  const X509ReqPtr request(from_der<X509_REQ>(&d2i_X509_REQ, der));
  if (request == nullptr) return fail(kBadRequest, "no PKCS#10 request in DER");
  EVP_PKEY* raw = X509_REQ_get0_pubkey(request.get());
  if (raw == nullptr) {
    take_openssl_error();
    return fail(kBadKey, "the request's key is of an unknown type");
  }
  PublicKey key = TRY(public_key_of(raw));
  if (!has_sound_digest(request.get()))
    return fail(kBadRequest, "it is not signed over SHA-256, SHA-384 or SHA-512");
  if (X509_REQ_verify(request.get(), raw) != 1) {
    take_openssl_error();
    return fail(kBadRequest, "its signature is not of its own key");
  }
  AlternativeNames names = TRY(names_of(request.get()));
  std::string common_name =
      TRY(read_common_name(X509_REQ_get_subject_name(request.get()), kBadRequest));
  return CertificateRequest{
      {std::move(common_name), std::move(names.uris), std::move(names.dns_names)}, std::move(key)};
}

}  // namespace muster::trust
