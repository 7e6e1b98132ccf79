#include "tests/contract/object_schema.h"

#include <gtest/gtest.h>

#include <charconv>

#include "base/os/file.h"
#include "contract/objects/object.h"

namespace muster::contract {
namespace {

using wire::Node;

// The parts of "spec.rules[0].query"; an index is "[]".
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> out;
  std::string part;
  for (const char c : path) {
    if (c == '.' || c == '[') {
      if (!part.empty()) out.push_back(part);
      part.clear();
      if (c == '[') out.emplace_back("[]");
    } else if (c == ']') {
      part.clear();
    } else {
      part += c;
    }
  }
  if (!part.empty()) out.push_back(part);
  return out;
}

class ShapeWatch : public wire::FieldWatch {
 public:
  explicit ShapeWatch(FieldShape& root) : root_(root) {}

  void opened(const std::string& path, const std::vector<std::string_view>& keys) override {
    FieldShape& shape = at(path);
    ++shape.openings;
    for (const std::string_view key : keys) {
      if (std::find(shape.keys.begin(), shape.keys.end(), key) == shape.keys.end())
        shape.keys.emplace_back(key);
      shape.members.try_emplace(std::string(key));
    }
  }
  void required(const std::string& path, std::string_view key) override {
    ++at(path).demands[std::string(key)];
  }
  void taken(const std::string& path, Node::Kind kind) override { at(path).kinds.insert(kind); }
  void bounded(const std::string& path, std::int64_t least, std::int64_t most) override {
    at(path).bounds.emplace(least, most);
  }

 private:
  FieldShape& at(const std::string& path) {
    FieldShape* shape = &root_;
    for (const std::string& part : parts_of(path)) {
      if (part == "[]") {
        if (!shape->item) shape->item = std::make_unique<FieldShape>();
        shape = shape->item.get();
      } else {
        shape = &shape->members[part];
      }
    }
    return *shape;
  }
  FieldShape& root_;
};

void add_examples(FieldShape& shape, const Node& node) {
  if (node.is_scalar()) {
    if (std::find(shape.examples.begin(), shape.examples.end(), node) == shape.examples.end())
      shape.examples.push_back(node);
  }
  for (const auto& member : node.members)
    if (shape.members.contains(member.key)) add_examples(shape.members[member.key], member.value);
  for (const Node& item : node.items)
    if (shape.item) add_examples(*shape.item, item);
}

std::string_view type_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::Text:
      return "string";
    case Node::Kind::Integer:
      return "integer";
    case Node::Kind::Boolean:
      return "boolean";
    case Node::Kind::Sequence:
      return "array";
    default:
      return "object";
  }
}

Node schema_of(const FieldShape& shape) {
  Node out = wire::mapping_node();
  Node types = wire::sequence_node();
  if (!shape.keys.empty()) types.items.push_back(wire::text_node("object"));
  for (const Node::Kind kind : shape.kinds) types.items.push_back(wire::text_node(type_name(kind)));
  if (types.items.size() == 1) {
    out.set("type", types.items[0]);
  } else if (types.items.size() > 1) {
    out.set("type", types);
  }
  if (!shape.keys.empty()) {
    Node required = wire::sequence_node();
    Node properties = wire::mapping_node();
    for (const std::string& key : shape.keys) {
      // Demanded by some openings alone: that depends on another field.
      const auto demand = shape.demands.find(key);
      if (demand != shape.demands.end() && demand->second == shape.openings)
        required.items.push_back(wire::text_node(key));
      properties.set(key, schema_of(shape.members.at(key)));
    }
    out.set("additionalProperties", wire::boolean_node(false));
    if (!required.items.empty()) out.set("required", std::move(required));
    out.set("properties", std::move(properties));
  }
  if (shape.item) out.set("items", schema_of(*shape.item));
  if (shape.bounds) {
    out.set("minimum", wire::integer_node(shape.bounds->first));
    out.set("maximum", wire::integer_node(shape.bounds->second));
  }
  if (!shape.examples.empty()) out.set("examples", wire::sequence_node(shape.examples));
  return out;
}

void set_constant(Node& schema, std::string_view key, std::string_view value) {
  for (auto& member : schema.members) {
    if (member.key != "properties") continue;
    for (auto& property : member.value.members) {
      if (property.key != key) continue;
      property.value = wire::mapping_node();
      property.value.set("const", wire::text_node(value));
    }
  }
}

}  // namespace

std::vector<ObjectSamples> object_samples() {
  std::vector<ObjectSamples> out;
  for (const std::string_view kind : object_kinds()) {
    const std::string path =
        fmt::format("{}/tests/contract/samples/{}.json", MUSTER_SOURCE_DIR, kind);
    const auto text = os::read_file(path);
    EXPECT_TRUE(text) << path << " is missing: every kind has samples with all of its fields";
    if (!text) continue;
    const auto node = wire::node_from_json(*text);
    EXPECT_TRUE(node) << path << ": " << node.error().text();
    const Node* first = node ? node->find("first") : nullptr;
    const Node* second = node ? node->find("second") : nullptr;
    EXPECT_TRUE(first && second) << path << ": first and second are wanted";
    if (!first || !second) continue;
    out.push_back({std::string(kind), *first, *second});
    if (const Node* others = node->find("others")) out.back().others = others->items;
  }
  return out;
}

FieldShape observed_shape(const ObjectSamples& samples) {
  FieldShape root;
  ShapeWatch watch(root);
  std::vector<const Node*> all{&samples.first, &samples.second};
  for (const Node& other : samples.others) all.push_back(&other);
  for (const Node* sample : all) {
    const wire::WatchFields watching(watch);
    const auto object = decode_object(*sample);
    EXPECT_TRUE(object) << samples.kind << ": " << object.error().text();
  }
  for (const Node* sample : all) add_examples(root, *sample);
  return root;
}

std::string object_schema() {
  Node kinds = wire::sequence_node();
  Node definitions = wire::mapping_node();
  for (const ObjectSamples& samples : object_samples()) {
    Node schema = schema_of(observed_shape(samples));
    set_constant(schema, "apiVersion", "muster/v1");
    set_constant(schema, "kind", samples.kind);
    Node reference = wire::mapping_node();
    reference.set("$ref", wire::text_node("#/$defs/" + samples.kind));
    kinds.items.push_back(std::move(reference));
    definitions.set(samples.kind, std::move(schema));
  }
  Node root = wire::mapping_node();
  root.set("$schema", wire::text_node("https://json-schema.org/draft/2020-12/schema"));
  root.set("$comment", wire::text_node("Generated from the codecs; run tools/check --regenerate."));
  root.set("title", wire::text_node("muster/v1 objects"));
  root.set("oneOf", std::move(kinds));
  root.set("$defs", std::move(definitions));
  return wire::node_to_json(root);
}

}  // namespace muster::contract
