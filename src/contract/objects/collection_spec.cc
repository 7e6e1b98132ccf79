#include "contract/objects/errors.h"
#include "contract/objects/specs.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;

Result<model::Rule> read_rule(const NodeAt& at) {
  const auto fields = TRY(NodeFields::open(at, {"query", "device"}));
  const auto query = fields.optional("query");
  const auto device = fields.optional("device");
  if (query.has_value() == device.has_value())
    return at.failure(kObjectField, "must have either query or device");
  if (query) {
    const std::string text = TRY(query->text());
    TRY_IN(model::check_query_text(text), "{}", query->where());
    return model::Rule(model::QueryRule{text});
  }
  const std::string name = TRY(device->text());
  TRY_IN(model::check_device_name(name), "{}", device->where());
  return model::Rule(model::DeviceRule{name});
}

wire::Node rule_node(const model::Rule& rule) {
  wire::Node node = wire::mapping_node();
  if (const auto* query = std::get_if<model::QueryRule>(&rule)) {
    node.set("query", wire::text_node(query->query));
  } else {
    node.set("device", wire::text_node(std::get<model::DeviceRule>(rule).device));
  }
  return node;
}

}  // namespace

Result<model::Collection> decode_collection_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(NodeFields::open(spec, {"limitedTo", "rules", "maintenanceWindows"}));
  model::Collection collection;
  collection.name = std::move(name);
  if (const auto limit = fields.optional("limitedTo")) collection.limited_to = TRY(name_of(*limit));
  TRY_IN(model::check_limit(collection), "{}", spec.where());
  const NodeAt rules = TRY(fields.required("rules"));
  const auto items = TRY(rules.items());
  if (items.size() > model::kMostRules)
    return rules.failure(kObjectField, "has {} rules, {} are allowed", items.size(),
                         model::kMostRules);
  for (const NodeAt& item : items) collection.rules.push_back(TRY(read_rule(item)));
  if (const auto windows = fields.optional("maintenanceWindows"))
    collection.windows = TRY(read_windows(*windows));
  return collection;
}

wire::Node collection_spec(const model::Collection& collection) {
  wire::Node rules = wire::sequence_node();
  for (const model::Rule& rule : collection.rules) rules.items.push_back(rule_node(rule));
  wire::Node spec = wire::mapping_node();
  spec.set("limitedTo", wire::text_node(collection.limited_to));
  spec.set("rules", std::move(rules));
  if (!collection.windows.empty()) spec.set("maintenanceWindows", windows_node(collection.windows));
  return spec;
}

}  // namespace muster::contract
