#include "trust/scram_verifier.h"

#include <openssl/hmac.h>

#include "base/sha256.h"
#include "trust/openssl.h"

namespace muster::trust {
namespace {

// PostgreSQL's own number and size. The passwords are random: more rounds would guard nothing.
constexpr int kRounds = 4096;
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::string_view kLead = "SCRAM-SHA-256$4096:";

Bytes hmac(ByteView key, ByteView message) {
  Bytes out(kHashSize, '\0');
  unsigned size = 0;
  MUSTER_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_u8(message),
                    message.size(), reinterpret_cast<unsigned char*>(out.data()),
                    &size) != nullptr);
  MUSTER_CHECK(size == kHashSize);
  return out;
}

// RFC 5802 3: StoredKey := H(HMAC(SaltedPassword, "Client Key")), ServerKey := HMAC(SaltedPassword,
// "Server Key").
std::string verifier_of(ByteView password, ByteView salt) {
  Bytes salted(kHashSize, '\0');
  MUSTER_CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), as_u8(salt),
                                 static_cast<int>(salt.size()), kRounds, EVP_sha256(), kHashSize,
                                 reinterpret_cast<unsigned char*>(salted.data())) == 1);
  return fmt::format("{}{}${}:{}", kLead, to_base64(salt),
                     to_base64(sha256(hmac(salted, "Client Key"))),
                     to_base64(hmac(salted, "Server Key")));
}

}  // namespace

std::string make_scram_verifier(ByteView password, Random& random) {
  return verifier_of(password, random.bytes(kSaltSize));
}

bool is_scram_verifier_of(std::string_view verifier, ByteView password) {
  if (!verifier.starts_with(kLead)) return false;
  const std::string_view rest = verifier.substr(kLead.size());
  const auto salt = from_base64(rest.substr(0, rest.find('$')));
  return salt && equal_in_constant_time(verifier_of(password, *salt), verifier);
}

}  // namespace muster::trust
