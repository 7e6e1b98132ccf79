#include "contract/policy_bodies.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "contract/document_errors.h"

namespace muster::contract {
namespace {

constexpr std::size_t kNameSize = 64;
constexpr char kBetween = '.';

bool is_name(std::string_view text) {
  return text.size() == kNameSize && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::string encode_body_names(std::span<const std::string> sha256) {
  MUSTER_CHECK(!sha256.empty() && sha256.size() <= kMostPolicyBodies);
  std::string out;
  out.reserve(sha256.size() * (kNameSize + 1));
  for (const std::string& name : sha256) {
    if (!out.empty()) out += kBetween;
    out += name;
  }
  return out;
}

Result<std::vector<std::string_view>> decode_body_names(std::string_view text) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = text.find(kBetween);
    const std::string_view name = text.substr(0, end);
    if (!is_name(name))
      return fail(kBadMember, "'{}' is not the name of a policy body", name.substr(0, kNameSize));
    if (out.size() == kMostPolicyBodies)
      return fail(kBadMember, "over {} policy bodies at once", kMostPolicyBodies);
    // Each takes its room in the answer.
    if (std::ranges::find(out, name) != out.end())
      return fail(kBadMember, "policy body {} stands twice", name);
    out.push_back(name);
    if (end == text.npos) return out;
    text.remove_prefix(end + 1);
  }
}

Bytes encode_policy_bodies(std::span<const std::shared_ptr<const Bytes>> documents) {
  MUSTER_CHECK(!documents.empty() && documents.size() <= kMostPolicyBodies);
  ByteWriter w;
  std::size_t size = 0;
  for (const auto& document : documents) {
    size += document->size();
    if (size > kPolicyBodiesBytes && size > document->size()) break;
    w.u32(static_cast<std::uint32_t>(document->size()));
    w.bytes(*document);
  }
  return std::move(w).take();
}

Result<std::vector<Bytes>> decode_policy_bodies(ByteView answer) {
  std::vector<Bytes> out;
  ByteReader reader(answer);
  do {
    const auto size = reader.u32();
    const auto document = size ? reader.bytes(*size) : Result<ByteView>(fail(size.error()));
    if (!document)
      return fail(kBadMember, "policy body {}: {}", out.size(), document.error().text());
    if (out.size() == kMostPolicyBodies)
      return fail(kBadMember, "over {} policy bodies in an answer", kMostPolicyBodies);
    out.emplace_back(*document);
  } while (!reader.at_end());
  return out;
}

}  // namespace muster::contract
