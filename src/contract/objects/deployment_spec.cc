#include <algorithm>

#include "contract/objects/errors.h"
#include "contract/objects/specs.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;

Result<model::Purpose> read_purpose(const NodeAt& field) {
  const std::string text = TRY(field.text());
  const auto purpose = model::parse_purpose(text);
  if (!purpose)
    return field.failure(kObjectField, "is '{}', required or available is wanted", text);
  return *purpose;
}

Result<model::Rerun> read_rerun(const NodeAt& field) {
  const std::string text = TRY(field.text());
  const auto rerun = model::parse_rerun(text);
  if (!rerun)
    return field.failure(kObjectField,
                         "is '{}', never, always, if-failed or if-succeeded is wanted", text);
  return *rerun;
}

Result<void> read_events(const NodeAt& field, model::Deployment& deployment) {
  for (const NodeAt& item : TRY(field.items())) {
    const std::string text = TRY(item.text());
    if (text.starts_with(model::kAfterWord)) {
      const std::string name = text.substr(model::kAfterWord.size());
      TRY_IN(model::check_name(name), "{}", item.where());
      if (std::ranges::find(deployment.after, name) != deployment.after.end())
        return item.failure(kObjectField, "stands there twice");
      if (deployment.after.size() == model::kMostAfter)
        return item.failure(kObjectField, "is one more than the {} other deployments allowed",
                            model::kMostAfter);
      deployment.after.push_back(name);
      continue;
    }
    const auto event = model::parse_deployment_event(text);
    if (!event)
      return item.failure(kObjectField,
                          "is '{}', logon, idle or 'after NAME' of another deployment is wanted",
                          text);
    if (std::ranges::find(deployment.events, *event) != deployment.events.end())
      return item.failure(kObjectField, "stands there twice");
    deployment.events.push_back(*event);
  }
  return {};
}

Result<std::vector<model::Schedule>> read_schedules(const NodeAt& field) {
  const auto items = TRY(field.items());
  if (items.size() > model::kMostSchedules)
    return field.failure(kObjectField, "has {} schedules, {} are allowed", items.size(),
                         model::kMostSchedules);
  std::vector<model::Schedule> schedules;
  for (const NodeAt& item : items) {
    const auto fields = TRY(NodeFields::open(item, {"start", "repeat"}));
    schedules.push_back(TRY(read_schedule(item, fields)));
  }
  return schedules;
}

Result<model::StartTime> read_time(const NodeAt& field) {
  const std::string text = TRY(field.text());
  return TRY_IN(model::parse_start_time(text), "{}", field.where());
}

}  // namespace

Result<model::Deployment> decode_deployment_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(NodeFields::open(
      spec, {"package", "program", "collection", "purpose", "start", "deadline", "expires",
             "enabled", "schedules", "events", "rerun", "notice", "ignoreMaintenanceWindows"}));
  model::Deployment deployment;
  deployment.name = std::move(name);
  deployment.package = TRY(name_of(TRY(fields.required("package"))));
  deployment.program = TRY(name_of(TRY(fields.required("program"))));
  deployment.collection = TRY(name_of(TRY(fields.required("collection"))));
  deployment.purpose = TRY(read_purpose(TRY(fields.required("purpose"))));
  deployment.start = TRY(read_time(TRY(fields.required("start"))));
  if (const auto field = fields.optional("deadline")) deployment.deadline = TRY(read_time(*field));
  if (const auto field = fields.optional("expires"))
    deployment.expires = TRY_IN(parse_timestamp(TRY(field->text())), "{}", field->where());
  if (const auto field = fields.optional("enabled")) deployment.enabled = TRY(field->boolean());
  if (const auto field = fields.optional("schedules"))
    deployment.schedules = TRY(read_schedules(*field));
  if (const auto field = fields.optional("events")) TRY(read_events(*field, deployment));
  if (const auto field = fields.optional("rerun")) deployment.rerun = TRY(read_rerun(*field));
  if (const auto field = fields.optional("notice")) deployment.notice = TRY(field->boolean());
  if (const auto field = fields.optional("ignoreMaintenanceWindows"))
    deployment.ignore_windows = TRY(field->boolean());
  const auto& last = fields.optional("deadline");
  TRY_IN(model::check_times(deployment), "{}", last ? last->where() : spec.where());
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
  if (deployment.expires)
    spec.set("expires", wire::text_node(muster::to_text(*deployment.expires)));
  spec.set("enabled", wire::boolean_node(deployment.enabled));
  if (!deployment.schedules.empty()) {
    wire::Node schedules = wire::sequence_node();
    for (const model::Schedule& schedule : deployment.schedules)
      write_schedule(schedules.items.emplace_back(wire::mapping_node()), schedule);
    spec.set("schedules", std::move(schedules));
  }
  if (!deployment.events.empty() || !deployment.after.empty()) {
    wire::Node events = wire::sequence_node();
    for (const model::DeploymentEvent event : deployment.events)
      events.items.push_back(wire::text_node(to_text(event)));
    for (const std::string& name : deployment.after)
      events.items.push_back(wire::text_node(std::string(model::kAfterWord) + name));
    spec.set("events", std::move(events));
  }
  spec.set("rerun", wire::text_node(to_text(deployment.rerun)));
  spec.set("notice", wire::boolean_node(deployment.notice));
  spec.set("ignoreMaintenanceWindows", wire::boolean_node(deployment.ignore_windows));
  return spec;
}

}  // namespace muster::contract
