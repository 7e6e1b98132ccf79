// What muster-client's commands ask of the agent that runs on the same machine, and its answer.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::contract {

struct ControlRequest {
  std::string verb;  // "status", "software", "install", "trigger", "policy", "cache", "notices"...
  std::string argument;  // what it is about; of "notice-later" a space and a duration may follow
};

// A table, or the failure as a text with its advice.
struct ControlAnswer {
  std::string error{};
  std::vector<std::string> columns{};
  std::vector<std::vector<std::string>> rows{};
};

inline constexpr std::size_t kControlLimit = 1u << 20;

Bytes encode_control_request(const ControlRequest& request);
Result<ControlRequest> decode_control_request(ByteView json);
Bytes encode_control_answer(const ControlAnswer& answer);
Result<ControlAnswer> decode_control_answer(ByteView json);

}  // namespace muster::contract
