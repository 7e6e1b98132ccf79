#include "trust/openssl.h"

#include <openssl/err.h>

namespace muster::trust {

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

BioPtr reading_bio(ByteView text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  MUSTER_CHECK(bio != nullptr);
  return bio;
}

Bytes content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return Bytes(data, static_cast<std::size_t>(size));
}

Bytes sign_with(const OpensslKey& key, const EVP_MD* digest, ByteView message) {
  DigestPtr context(EVP_MD_CTX_new());
  MUSTER_CHECK(context != nullptr);
  MUSTER_CHECK(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) == 1);
  std::size_t size = 0;
  MUSTER_CHECK(EVP_DigestSign(context.get(), nullptr, &size, as_u8(message), message.size()) == 1);
  Bytes signature(size, '\0');
  MUSTER_CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                              &size, as_u8(message), message.size()) == 1);
  signature.resize(size);
  return signature;
}

bool verify_with(const OpensslKey& key, const EVP_MD* digest, ByteView message,
                 ByteView signature) {
  DigestPtr context(EVP_MD_CTX_new());
  MUSTER_CHECK(context != nullptr);
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), as_u8(signature), signature.size(), as_u8(message),
                       message.size()) == 1)
    return true;
  take_openssl_error();
  return false;
}

}  // namespace muster::trust
