// Several policy bodies in one request and one answer, named by hash. docs/protocols/policy.md.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::contract {

inline constexpr std::string_view kPolicyBodiesPath = "/mp/policy/bodies/";  // and the names
// What a client asks for at once.
inline constexpr std::size_t kMostPolicyBodies = 32;
// An answer ends before the document that would make it longer, and holds one at least.
inline constexpr std::size_t kPolicyBodiesBytes = 4u << 20;

// The last part of the path. 1 to kMostPolicyBodies names, each a SHA-256 in lower-case hex.
std::string encode_body_names(std::span<const std::string> sha256);
// Views of `text`, none of them twice. Error: kBadMember.
Result<std::vector<std::string_view>> decode_body_names(std::string_view text);

// The documents that were asked for, from the first on, as many as an answer may hold.
Bytes encode_policy_bodies(std::span<const std::shared_ptr<const Bytes>> documents);
// Unverified. At least one, at most kMostPolicyBodies. Error: kBadMember.
Result<std::vector<Bytes>> decode_policy_bodies(ByteView answer);

}  // namespace muster::contract
