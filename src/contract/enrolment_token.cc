#include "contract/enrolment_token.h"

#include <array>

#include "base/check.h"
#include "base/sha256.h"
#include "contract/errors.h"

namespace muster::contract {
namespace {

constexpr std::string_view kVersion = "MT1";
constexpr std::size_t kSecretSize = 24;
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kChecksumSize = 4;
// "MT1." and the four parts in base64url with their points.
constexpr std::size_t kTextSize = 4 + 32 + 1 + 43 + 1 + 43 + 1 + 6;

std::string checksum(std::string_view text) {
  return to_base64url(sha256(text).substr(0, kChecksumSize));
}

// The error names the part and never its text: a token is a secret.
Result<Bytes> part(std::string_view name, std::string_view text, std::size_t size) {
  auto bytes = from_base64url(text);
  if (!bytes || bytes->size() != size)
    return fail(kTokenForm, "its part '{}' is not {} bytes in base64url", name, size);
  return *std::move(bytes);
}

}  // namespace

std::string EnrolmentToken::password() const { return to_base64url(secret); }

EnrolmentToken make_enrolment_token(Random& random, ByteView ca_sha256, ByteView root_sha256) {
  MUSTER_CHECK(ca_sha256.size() == kHashSize && root_sha256.size() == kHashSize);
  return {random.bytes(kSecretSize), Bytes(ca_sha256), Bytes(root_sha256)};
}

std::string to_text(const EnrolmentToken& token) {
  std::string text = fmt::format("{}.{}.{}.{}", kVersion, to_base64url(token.secret),
                                 to_base64url(token.ca_sha256), to_base64url(token.root_sha256));
  const std::string check = checksum(text);
  return fmt::format("{}.{}", text, check);
}

Result<EnrolmentToken> parse_enrolment_token(std::string_view text) {
  const std::size_t first_point = text.find('.');
  const std::string_view version = text.substr(0, first_point);
  if (first_point == text.npos || version.empty())
    return fail(kTokenForm, "it has no point after its version");
  if (version != kVersion) {
    if (version.starts_with("MT") && version.size() <= 5)
      return fail(kTokenVersion, "it is not of version {}", kVersion);
    return fail(kTokenForm, "it does not start with '{}.'", kVersion);
  }
  if (text.size() != kTextSize)
    return fail(kTokenForm, "it has {} characters instead of {}", text.size(), kTextSize);

  std::array<std::string_view, 5> parts;
  std::string_view rest = text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t point = rest.find('.');
    if ((point == rest.npos) != (i + 1 == parts.size()))
      return fail(kTokenForm, "it does not have {} parts", parts.size());
    parts[i] = rest.substr(0, point);
    rest.remove_prefix(point == rest.npos ? rest.size() : point + 1);
  }
  // Before the parts: a mistyped character is the likeliest cause of all errors here.
  const std::string_view covered = text.substr(0, text.size() - parts[4].size() - 1);
  if (!equal_in_constant_time(checksum(covered), parts[4]))
    return fail(kTokenChecksum, "the checksum does not match");
  EnrolmentToken token;
  token.secret = TRY(part("secret", parts[1], kSecretSize));
  token.ca_sha256 = TRY(part("CA", parts[2], kHashSize));
  token.root_sha256 = TRY(part("root", parts[3], kHashSize));
  return token;
}

Result<Bytes> parse_enrolment_password(std::string_view text) {
  return part("secret", text, kSecretSize);
}

}  // namespace muster::contract
