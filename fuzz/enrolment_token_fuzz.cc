// Enrolment tokens have one spelling. The checksum is put right, so that the parts are reached too.
#include <cstdint>

#include "base/check.h"
#include "base/sha256.h"
#include "contract/enrolment_token.h"

namespace muster::contract {
namespace {

void check(std::string_view text) {
  const auto token = parse_enrolment_token(text);
  if (token) MUSTER_CHECK(to_text(*token) == text);
}

}  // namespace
}  // namespace muster::contract

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  muster::contract::check(text);
  muster::contract::check(text + "." + muster::to_base64url(muster::sha256(text).substr(0, 4)));
  const auto secret = muster::contract::parse_enrolment_password(text);
  if (secret) MUSTER_CHECK(muster::to_base64url(*secret) == text);
  return 0;
}
