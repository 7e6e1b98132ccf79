#include "trust/seal.h"

#include <openssl/crypto.h>

#include "trust/errors.h"
#include "trust/openssl.h"

namespace muster::trust {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

unsigned char* writable(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Bytes bound_data(std::string_view purpose) {
  return fmt::format("muster-seal/{}\n{}", static_cast<int>(kVersion), purpose);
}

enum class Way { Encrypt, Decrypt };

CipherPtr start(ByteView key, ByteView nonce, std::string_view purpose, Way way) {
  CipherPtr context(EVP_CIPHER_CTX_new());
  MUSTER_CHECK(context != nullptr);
  const int encrypt = way == Way::Encrypt ? 1 : 0;
  MUSTER_CHECK(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, as_u8(key),
                                 as_u8(nonce), encrypt) == 1);
  const Bytes bound = bound_data(purpose);
  int size = 0;
  MUSTER_CHECK(EVP_CipherUpdate(context.get(), nullptr, &size, as_u8(bound),
                                static_cast<int>(bound.size())) == 1);
  return context;
}

}  // namespace

Result<SealingKey> SealingKey::from_bytes(ByteView key) {
  if (key.size() != kSealingKeySize)
    return fail(kBadKey, "a sealing key of {} bytes instead of {}", key.size(), kSealingKeySize);
  return SealingKey(key);
}

SealingKey::~SealingKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

Bytes SealingKey::seal(ByteView plaintext, std::string_view purpose, Random& random) const {
  const Bytes nonce = random.bytes(kNonceSize);
  const CipherPtr context = start(key_, nonce, purpose, Way::Encrypt);
  Bytes text(plaintext.size(), '\0');
  int size = 0;
  MUSTER_CHECK(EVP_CipherUpdate(context.get(), writable(text), &size, as_u8(plaintext),
                                static_cast<int>(plaintext.size())) == 1);
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  MUSTER_CHECK(EVP_CipherFinal_ex(context.get(), rest, &size) == 1 && size == 0);
  Bytes tag(kTagSize, '\0');
  MUSTER_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, writable(tag)) ==
               1);
  return std::string(1, kVersion) + nonce + text + tag;
}

Result<Bytes> SealingKey::unseal(ByteView sealed, std::string_view purpose) const {
  if (sealed.size() < 1 + kNonceSize + kTagSize || sealed[0] != kVersion)
    return fail(kUnsealFailed, "{} bytes are no sealed secret of version {}", sealed.size(),
                static_cast<int>(kVersion));
  const ByteView nonce = sealed.substr(1, kNonceSize);
  Bytes tag(sealed.substr(sealed.size() - kTagSize));
  const ByteView text = sealed.substr(1 + kNonceSize, sealed.size() - 1 - kNonceSize - kTagSize);
  const CipherPtr context = start(key_, nonce, purpose, Way::Decrypt);
  Bytes plaintext(text.size(), '\0');
  int size = 0;
  MUSTER_CHECK(EVP_CipherUpdate(context.get(), writable(plaintext), &size, as_u8(text),
                                static_cast<int>(text.size())) == 1);
  MUSTER_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, writable(tag)) ==
               1);
  unsigned char rest[EVP_MAX_BLOCK_LENGTH];
  if (EVP_CipherFinal_ex(context.get(), rest, &size) != 1) {
    take_openssl_error();
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return fail(kUnsealFailed, "purpose '{}': altered, or of another key or purpose", purpose);
  }
  return plaintext;
}

}  // namespace muster::trust
