// What the provider says of one device's policy and of a cycle that somebody asked it for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/api.h"

namespace muster::contract {

// One thing that the policy says, in words.
struct PolicyPart {
  std::string part;
  std::string says;
};
struct PolicyView {
  std::string device;
  std::vector<PolicyPart> parts;
};
// {"device", "parts": [{"part", "says"}]}
Bytes encode_policy_view(const PolicyView& view);
inline constexpr std::string_view kPartsMember = "parts";
std::span<const ApiColumn> policy_columns();

struct TriggerView {
  std::string device;
  std::string cycle;
  bool told = false;  // false: it is told when it connects or polls
  std::optional<Timestamp> last_contact{};
};
Bytes encode_trigger_view(const TriggerView& view);
Result<TriggerView> decode_trigger_view(ByteView json);

struct CollectionTriggerView {
  std::string collection;
  std::string cycle;
  std::uint64_t told = 0;
  std::uint64_t waiting = 0;  // they are told when they connect or poll
};
Bytes encode_collection_trigger_view(const CollectionTriggerView& view);
Result<CollectionTriggerView> decode_collection_trigger_view(ByteView json);

}  // namespace muster::contract
