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
  const auto fields = TRY(NodeFields::open(spec, {"limitedTo", "rules", "maintenanceWindows"}));
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
  return spec;
}

}  // namespace muster::contract
