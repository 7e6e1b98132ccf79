#include "contract/signed_document.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "contract/errors.h"

namespace muster::contract {
namespace {

constexpr std::string_view kMagic = "muster-signed/1 ";
constexpr std::size_t kKeyIdSize = 64;
constexpr std::size_t kSignatureSize = 64;

constexpr std::array<std::pair<SignedType, std::string_view>, 7> kTypes{{
    {SignedType::PolicyHeader, "policy-header"},
    {SignedType::PolicyBody, "policy-body"},
    {SignedType::SiteTime, "site-time"},
    {SignedType::LocatorAnswer, "locator-answer"},
    {SignedType::EnvelopeKey, "envelope-key"},
    {SignedType::ManagementPoints, "management-points"},
    {SignedType::Revocations, "revocations"},
}};

// Takes the part of `line` before the next space off its front.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == line.npos ? line.size() : end + 1);
  return word;
}

}  // namespace

std::string_view to_text(SignedType type) {
  for (const auto& [known, name] : kTypes)
    if (known == type) return name;
  check_failed("a known signed type", __FILE__, __LINE__);
}

Result<SignedType> parse_signed_type(std::string_view text) {
  for (const auto& [type, name] : kTypes)
    if (name == text) return type;
  return fail(kSignedDocumentMalformed, "type '{}' is not known", text.substr(0, 40));
}

Bytes signed_document_input(SignedType type, ByteView payload) {
  Bytes out;
  out.reserve(kMagic.size() + 20 + payload.size());
  out += kMagic;
  out += to_text(type);
  out += '\n';
  out += payload;
  return out;
}

Bytes frame_signed_document(const SignedDocument& document) {
  MUSTER_CHECK(document.key_id.size() == kKeyIdSize);
  MUSTER_CHECK(document.signature.size() == kSignatureSize);
  Bytes out = fmt::format("{}{} {} {}\n", kMagic, to_text(document.type), document.key_id,
                          to_hex(document.signature));
  out += document.payload;
  return out;
}

Result<SignedDocument> parse_signed_document(ByteView text, std::size_t limit_bytes) {
  if (text.size() > limit_bytes)
    return fail(kSignedDocumentTooLarge, "{} bytes, the limit is {}", text.size(), limit_bytes);
  if (!text.starts_with(kMagic))
    return fail(kSignedDocumentMalformed, "the first line does not start with '{}'", kMagic);
  // Type, key id and signature are 211 bytes at most; a longer search would serve no one.
  const std::size_t line_end = text.substr(0, 256).find('\n');
  if (line_end == text.npos) return fail(kSignedDocumentMalformed, "the first line has no end");
  std::string_view line = text.substr(kMagic.size(), line_end - kMagic.size());

  SignedDocument document;
  document.type = TRY(parse_signed_type(take_word(line)));
  document.key_id = take_word(line);
  if (document.key_id.size() != kKeyIdSize || !from_hex(document.key_id))
    return fail(kSignedDocumentMalformed, "the key id is not {} lower-case hex digits", kKeyIdSize);
  const auto signature = from_hex(line);
  if (!signature || signature->size() != kSignatureSize)
    return fail(kSignedDocumentMalformed, "the signature is not {} bytes in hex", kSignatureSize);
  document.signature = *signature;
  document.payload = text.substr(line_end + 1);
  if (document.payload.empty()) return fail(kSignedDocumentMalformed, "there is no payload");
  return document;
}

}  // namespace muster::contract
