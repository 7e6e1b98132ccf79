// The answer to "why did this machine (not) get it?": the steps from membership to result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::contract {

enum class StepState { Done, Holds, Waiting, NotReached };
std::string_view to_text(StepState state);  // "done", "holds", "waiting", "not reached"

struct ExplainStep {
  std::string name;  // "policy signed"
  StepState state = StepState::NotReached;
  std::optional<Timestamp> at;
  std::string cause;
  std::optional<Timestamp> next_retry;
};

// Holds marks the first step that does not go on by itself; Waiting one that does, in its time.
struct Explanation {
  std::string device;
  std::string deployment;
  std::vector<ExplainStep> steps;
  // Nothing more will happen: the program ran, or failed for good.
  bool ended = false;
  bool succeeded = false;
};

Bytes encode_explanation(const Explanation& explanation);
Result<Explanation> decode_explanation(ByteView json);

}  // namespace muster::contract
