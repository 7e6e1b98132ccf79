#include "contract/explanation.h"

#include <array>

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"done", "holds", "waiting", "not reached"};

Result<ExplainStep> read_step(const wire::Json& json) {
  ExplainStep step;
  step.name = TRY(text_field(json, "step"));
  const std::string state = TRY(text_field(json, "state"));
  const auto* known = std::find(kStates.begin(), kStates.end(), state);
  if (known == kStates.end()) return fail(kBadMember, "state '{}' is not known", state);
  step.state = static_cast<StepState>(known - kStates.begin());
  step.at = TRY(optional_time_field(json, "at"));
  step.cause = TRY(optional_text_field(json, "cause")).value_or("");
  step.next_retry = TRY(optional_time_field(json, "nextRetry"));
  return step;
}

}  // namespace

std::string_view to_text(StepState state) { return kStates[static_cast<std::size_t>(state)]; }

Bytes encode_explanation(const Explanation& explanation) {
  wire::JsonWriter w;
  w.object();
  w.key("device").string(explanation.device);
  w.key("deployment").string(explanation.deployment);
  w.key("ended").boolean(explanation.ended);
  w.key("succeeded").boolean(explanation.succeeded);
  w.key("steps").array();
  for (const ExplainStep& step : explanation.steps) {
    w.object();
    w.key("step").string(step.name);
    w.key("state").string(to_text(step.state));
    if (step.at) w.key("at").string(to_text(*step.at));
    if (!step.cause.empty()) w.key("cause").string(step.cause);
    if (step.next_retry) w.key("nextRetry").string(to_text(*step.next_retry));
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

Result<Explanation> decode_explanation(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text));
  const wire::Json json = document.root();
  Explanation out;
  out.device = TRY(text_field(json, "device"));
  out.deployment = TRY(text_field(json, "deployment"));
  out.ended = TRY(truth_field(json, "ended"));
  out.succeeded = TRY(truth_field(json, "succeeded"));
  for (const wire::Json& item : TRY(TRY(json.at("steps")).items()))
    out.steps.push_back(TRY(read_step(item)));
  return out;
}

}  // namespace muster::contract
