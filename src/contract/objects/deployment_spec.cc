#include "contract/objects/errors.h"
#include "contract/objects/specs.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;

Result<model::Purpose> read_purpose(const NodeAt& field) {
  const std::string text = TRY(field.text());
  const auto purpose = model::parse_purpose(text);
  if (!purpose) return field.failure(kObjectField, "is '{}', required is wanted", text);
  return *purpose;
}

Result<model::StartTime> read_time(const NodeAt& field) {
  const std::string text = TRY(field.text());
  return TRY_IN(model::parse_start_time(text), "{}", field.where());
}

}  // namespace

Result<model::Deployment> decode_deployment_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(
      NodeFields::open(spec, {"package", "program", "collection", "purpose", "start", "deadline"}));
  model::Deployment deployment;
  deployment.name = std::move(name);
  deployment.package = TRY(name_of(TRY(fields.required("package"))));
  deployment.program = TRY(name_of(TRY(fields.required("program"))));
  deployment.collection = TRY(name_of(TRY(fields.required("collection"))));
  deployment.purpose = TRY(read_purpose(TRY(fields.required("purpose"))));
  deployment.start = TRY(read_time(TRY(fields.required("start"))));
  if (const auto deadline = fields.optional("deadline")) {
    deployment.deadline = TRY(read_time(*deadline));
    TRY_IN(model::check_times(deployment), "{}", deadline->where());
  }
  return deployment;
}

wire::Node deployment_spec(const model::Deployment& deployment) {
  wire::Node spec = wire::mapping_node();
  spec.set("package", wire::text_node(deployment.package));
  spec.set("program", wire::text_node(deployment.program));
  spec.set("collection", wire::text_node(deployment.collection));
  spec.set("purpose", wire::text_node(to_text(deployment.purpose)));
  spec.set("start", wire::text_node(to_text(deployment.start)));
  if (deployment.deadline) spec.set("deadline", wire::text_node(to_text(*deployment.deadline)));
  return spec;
}

}  // namespace muster::contract
