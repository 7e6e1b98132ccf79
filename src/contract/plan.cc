#include "contract/plan.h"

#include <algorithm>
#include <array>

#include "contract/document_errors.h"
#include "contract/fields.h"
#include "wire/node_fields.h"

namespace muster::contract {
namespace {

constexpr std::size_t kLargestPlan = 64u << 20;
constexpr std::array<std::string_view, 5> kActions = {"created", "changed", "unchanged", "deleted",
                                                      "refused"};

void write_counts(wire::JsonWriter& w, std::string_view key,
                  const std::vector<CountedName>& counts) {
  w.key(key).array();
  for (const CountedName& each : counts)
    w.object().key("name").string(each.name).key("devices").number(each.devices).end();
  w.end();
}

void write_impact(wire::JsonWriter& w, const Impact& impact) {
  w.key("impact").object();
  w.key("devices").number(impact.devices);
  write_counts(w, "operatingSystems", impact.systems);
  write_counts(w, "exclusions", impact.exclusions);
  w.key("offline").number(impact.offline);
  w.key("offlineAfter").string(muster::to_text(impact.offline_after));
  w.key("succeeded").number(impact.succeeded);
  w.key("bytesPerDevice").number(impact.bytes_per_device);
  w.key("bytes").number(impact.bytes);
  w.key("sample").array();
  for (const std::string& name : impact.sample) w.string(name);
  w.end().end();
}

void write_item(wire::JsonWriter& w, const PlanItem& item) {
  w.object();
  w.key("action").string(to_text(item.action));
  w.key("kind").string(item.kind);
  w.key("name").string(item.name);
  w.key("serial").number(item.serial);
  w.key("changes").array();
  for (const FieldChange& change : item.changes) {
    w.object().key("path").string(change.path);
    if (!change.before.empty()) w.key("before").raw(change.before);
    if (!change.after.empty()) w.key("after").raw(change.after);
    w.end();
  }
  w.end();
  if (item.problem) {
    w.key("error").object();
    w.key("number").number(item.problem->number);
    w.key("title").string(item.problem->title);
    w.key("detail").string(item.problem->detail);
    w.key("advice").string(item.problem->advice).end();
  }
  if (item.impact) write_impact(w, *item.impact);
  w.end();
}

Result<std::vector<CountedName>> read_counts(const wire::Json& json, std::string_view key) {
  std::vector<CountedName> out;
  for (const wire::Json& each : TRY(TRY(json.at(key)).items())) {
    CountedName count;
    count.name = TRY(text_field(each, "name"));
    count.devices = TRY(number_field(each, "devices"));
    out.push_back(std::move(count));
  }
  return out;
}

Result<Impact> read_impact(const wire::Json& json) {
  Impact impact;
  impact.devices = TRY(number_field(json, "devices"));
  impact.systems = TRY(read_counts(json, "operatingSystems"));
  impact.exclusions = TRY(read_counts(json, "exclusions"));
  impact.offline = TRY(number_field(json, "offline"));
  impact.offline_after = TRY(duration_field(json, "offlineAfter"));
  impact.succeeded = TRY(number_field(json, "succeeded"));
  impact.bytes_per_device = TRY(number_field(json, "bytesPerDevice"));
  impact.bytes = TRY(number_field(json, "bytes"));
  impact.sample = TRY(text_list_field(json, "sample"));
  return impact;
}

Result<Problem> read_problem(const wire::Json& json) {
  Problem problem;
  problem.number = static_cast<unsigned>(TRY(number_field(json, "number")));
  problem.title = TRY(text_field(json, "title"));
  problem.detail = TRY(text_field(json, "detail"));
  problem.advice = TRY(text_field(json, "advice"));
  return problem;
}

// The values of changes stay JSON text; only wire::Node writes a part of a document again.
std::vector<FieldChange> read_changes(const wire::Node& item) {
  std::vector<FieldChange> out;
  const wire::Node* list = item.find("changes");
  if (!list) return out;
  for (const wire::Node& each : list->items) {
    const wire::Node* path = each.find("path");
    const wire::Node* before = each.find("before");
    const wire::Node* after = each.find("after");
    out.push_back({path ? path->text : "", before ? wire::node_to_json(*before) : "",
                   after ? wire::node_to_json(*after) : ""});
  }
  return out;
}

Result<PlanItem> read_item(const wire::Json& json, const wire::Node& node) {
  PlanItem item;
  const std::string action = TRY(text_field(json, "action"));
  const auto* found = std::ranges::find(kActions, action);
  if (found == kActions.end()) return fail(kBadMember, "action: '{}' is unknown", action);
  item.action = static_cast<PlanAction>(found - kActions.begin());
  item.kind = TRY(text_field(json, "kind"));
  item.name = TRY(text_field(json, "name"));
  item.serial = static_cast<std::int64_t>(TRY(number_field(json, "serial")));
  item.changes = read_changes(node);
  if (const auto error = TRY(json.find("error"))) item.problem = TRY(read_problem(*error));
  if (const auto impact = TRY(json.find("impact"))) item.impact = TRY(read_impact(*impact));
  return item;
}

Result<bool> truth_of(const wire::NodeFields& fields, std::string_view key) {
  const auto field = fields.optional(key);
  if (!field) return false;
  return field->boolean();
}

}  // namespace

std::string_view to_text(PlanAction action) { return kActions[static_cast<std::size_t>(action)]; }

Bytes encode_plan_request(const PlanRequest& request) {
  wire::Node objects = wire::sequence_node();
  for (const PlannedObject& each : request.objects) {
    wire::Node item = wire::mapping_node();
    item.set("object", encode_object(each.object));
    if (each.manifest) item.set("manifest", wire::text_node(*each.manifest));
    objects.items.push_back(std::move(item));
  }
  wire::Node node = wire::mapping_node();
  node.set("items", std::move(objects));
  if (!request.set.empty()) node.set("set", wire::text_node(request.set));
  node.set("prune", wire::boolean_node(request.prune));
  node.set("takeOver", wire::boolean_node(request.take_over));
  node.set("impact", wire::boolean_node(request.impact));
  return wire::node_to_json(node);
}

Result<PlanRequest> decode_plan_request(ByteView json) {
  const wire::Node node = TRY(wire::node_from_json(json, {.bytes = kLargestPlan}));
  const auto fields = TRY(wire::NodeFields::open(wire::NodeAt(node, ""),
                                                 {"items", "set", "prune", "takeOver", "impact"}));
  PlanRequest request;
  const wire::NodeAt items = TRY(fields.required("items"));
  for (const wire::NodeAt& item : TRY(items.items())) {
    const auto members = TRY(wire::NodeFields::open(item, {"object", "manifest"}));
    const wire::NodeAt object = TRY(members.required("object"));
    PlannedObject planned{TRY(decode_object(object.node()))};
    planned.manifest = TRY(members.optional_text("manifest"));
    request.objects.push_back(std::move(planned));
  }
  request.set = TRY(fields.optional_text("set")).value_or("");
  request.prune = TRY(truth_of(fields, "prune"));
  request.take_over = TRY(truth_of(fields, "takeOver"));
  request.impact = TRY(truth_of(fields, "impact"));
  if (!request.set.empty()) TRY(model::check_name(request.set));
  return request;
}

Bytes encode_plan(const std::vector<PlanItem>& items) {
  wire::JsonWriter w;
  w.object().key("items").array();
  for (const PlanItem& item : items) write_item(w, item);
  w.end().end();
  return std::move(w).take();
}

Result<std::vector<PlanItem>> decode_plan(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 1u << 30, .depth = 40}));
  const wire::Node tree = TRY(wire::node_from_json(text, {.bytes = 1u << 30, .depth = 40}));
  const wire::Node* nodes = tree.find("items");
  std::vector<PlanItem> out;
  for (const wire::Json& item : TRY(TRY(document.root().at("items")).items())) {
    if (!nodes || nodes->items.size() <= out.size()) return fail(kBadMember, "items");
    out.push_back(TRY(read_item(item, nodes->items[out.size()])));
  }
  return out;
}

}  // namespace muster::contract
