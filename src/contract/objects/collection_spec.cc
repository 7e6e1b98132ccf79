#include "contract/objects/errors.h"
#include "contract/objects/specs.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;

Result<model::Rule> read_rule(const NodeAt& at) {
  const auto fields = TRY(NodeFields::open(at, {"query", "device", "include", "exclude"}));
  const auto query = fields.optional("query");
  const auto device = fields.optional("device");
  const auto include = fields.optional("include");
  const auto exclude = fields.optional("exclude");
  if (query.has_value() + device.has_value() + include.has_value() + exclude.has_value() != 1)
    return at.failure(kObjectField, "must have one of query, device, include and exclude");
  if (query) {
    const std::string text = TRY(query->text());
    TRY_IN(model::check_query_text(text), "{}", query->where());
    return model::Rule(model::QueryRule{text});
  }
  if (include) return model::Rule(model::IncludeRule{TRY(name_of(*include))});
  if (exclude) return model::Rule(model::ExcludeRule{TRY(name_of(*exclude))});
  const std::string name = TRY(device->text());
  TRY_IN(model::check_device_name(name), "{}", device->where());
  return model::Rule(model::DeviceRule{name});
}

Result<model::AgentDurations> read_agent_settings(const NodeAt& at) {
  const auto fields =
      TRY(NodeFields::open(at, {"pollInterval", "countdown", "reminderOverDay", "reminderUnderDay",
                                "reminderUnderHour", "restartWithin"}));
  model::AgentDurations out;
  for (const model::AgentSetting& setting : model::agent_settings()) {
    const auto field = fields.optional(setting.name);
    if (!field) continue;
    const Duration value = TRY_IN(parse_duration(TRY(field->text())), "{}", field->where());
    TRY_IN(model::check_agent_setting(setting.name, value), "{}", field->where());
    out.emplace(setting.name, value);
  }
  return out;
}

Result<std::vector<model::Variable>> read_variables(const NodeAt& field) {
  const auto items = TRY(field.items());
  if (items.size() > model::kMostVariables)
    return field.failure(kObjectField, "has {} variables, {} are allowed", items.size(),
                         model::kMostVariables);
  std::vector<model::Variable> out;
  for (const NodeAt& item : items) {
    const auto fields = TRY(NodeFields::open(item, {"name", "value", "secret"}));
    model::Variable variable;
    variable.name = TRY(fields.text("name"));
    const auto value = fields.optional("value");
    const auto secret = fields.optional("secret");
    if (value.has_value() == secret.has_value())
      return item.failure(kObjectField, "must have one of value and secret");
    if (value) variable.value = TRY(value->text());
    if (secret) variable.secret = TRY(secret->text());
    if (secret && variable.secret.empty())
      return secret->failure(kObjectField, "is empty; a file's name is wanted");
    TRY_IN(model::check_variable(variable), "{}", item.where());
    for (const model::Variable& earlier : out)
      if (earlier.name == variable.name)
        return item.failure(kObjectField, "has the name '{}' of an earlier one", variable.name);
    out.push_back(std::move(variable));
  }
  return out;
}

struct RuleKeys {
  wire::Node operator()(const model::QueryRule& rule) const { return one("query", rule.query); }
  wire::Node operator()(const model::DeviceRule& rule) const { return one("device", rule.device); }
  wire::Node operator()(const model::IncludeRule& rule) const {
    return one("include", rule.collection);
  }
  wire::Node operator()(const model::ExcludeRule& rule) const {
    return one("exclude", rule.collection);
  }

  static wire::Node one(std::string_view key, const std::string& text) {
    wire::Node node = wire::mapping_node();
    node.set(std::string(key), wire::text_node(text));
    return node;
  }
};

}  // namespace

Result<model::Collection> decode_collection_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(NodeFields::open(
      spec, {"limitedTo", "rules", "maintenanceWindows", "precedence", "settings", "variables"}));
  model::Collection collection;
  collection.name = std::move(name);
  if (const auto limit = fields.optional("limitedTo")) collection.limited_to = TRY(name_of(*limit));
  const NodeAt rules = TRY(fields.required("rules"));
  const auto items = TRY(rules.items());
  if (items.size() > model::kMostRules)
    return rules.failure(kObjectField, "has {} rules, {} are allowed", items.size(),
                         model::kMostRules);
  for (const NodeAt& item : items) collection.rules.push_back(TRY(read_rule(item)));
  if (const auto windows = fields.optional("maintenanceWindows"))
    collection.windows = TRY(read_windows(*windows));
  if (const auto field = fields.optional("precedence"))
    collection.agent.precedence = TRY(field->integer(0, model::kMostPrecedence));
  if (const auto field = fields.optional("settings"))
    collection.agent.settings = TRY(read_agent_settings(*field));
  if (const auto field = fields.optional("variables"))
    collection.agent.variables = TRY(read_variables(*field));
  TRY_IN(model::check_names(collection), "{}", spec.where());
  return collection;
}

wire::Node collection_spec(const model::Collection& collection) {
  wire::Node rules = wire::sequence_node();
  for (const model::Rule& rule : collection.rules)
    rules.items.push_back(std::visit(RuleKeys{}, rule));
  wire::Node spec = wire::mapping_node();
  spec.set("limitedTo", wire::text_node(collection.limited_to));
  spec.set("rules", std::move(rules));
  if (!collection.windows.empty()) spec.set("maintenanceWindows", windows_node(collection.windows));
  const model::AgentSection& agent = collection.agent;
  spec.set("precedence", wire::integer_node(agent.precedence));
  if (!agent.settings.empty()) {
    wire::Node settings = wire::mapping_node();
    for (const auto& [name, value] : agent.settings)
      settings.set(name, wire::text_node(muster::to_text(value)));
    spec.set("settings", std::move(settings));
  }
  if (!agent.variables.empty()) {
    wire::Node variables = wire::sequence_node();
    for (const model::Variable& variable : agent.variables) {
      wire::Node& item = variables.items.emplace_back(wire::mapping_node());
      item.set("name", wire::text_node(variable.name));
      item.set(variable.masked() ? "secret" : "value",
               wire::text_node(variable.masked() ? variable.secret : variable.value));
    }
    spec.set("variables", std::move(variables));
  }
  return spec;
}

}  // namespace muster::contract
