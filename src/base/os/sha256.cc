#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace muster {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

void begin(EVP_MD_CTX* context) {
  // Fetched once: a fetch per hash costs more than hashing a small document.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  MUSTER_CHECK(EVP_DigestInit_ex(context, algorithm, nullptr) == 1);
}

void add(EVP_MD_CTX* context, ByteView bytes) {
  MUSTER_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Bytes end(EVP_MD_CTX* context) {
  Bytes out(32, '\0');
  MUSTER_CHECK(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(out.data()), nullptr) ==
               1);
  return out;
}

}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) { begin(state_->context); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) { add(state_->context, bytes); }
Bytes Sha256::finish() { return end(state_->context); }

Bytes sha256(ByteView bytes) {
  // Making a context costs more than hashing an inventory row.
  thread_local Sha256 hash;
  EVP_MD_CTX* const context = hash.state_->context;
  begin(context);
  add(context, bytes);
  return end(context);
}

}  // namespace muster
