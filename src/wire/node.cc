#include "wire/node.h"

#include <algorithm>

#include "base/check.h"

namespace muster::wire {

const Node* Node::find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &NodeMember::key);
  return found == members.end() ? nullptr : &found->value;
}

Node& Node::set(std::string_view key, Node value) {
  MUSTER_CHECK(kind == Kind::Mapping && find(key) == nullptr);
  members.push_back({.key = std::string(key), .value = std::move(value)});
  return *this;
}

bool operator==(const Node& a, const Node& b) {
  return a.kind == b.kind && a.text == b.text && a.items == b.items &&
         std::ranges::equal(a.members, b.members, [](const NodeMember& x, const NodeMember& y) {
           return x.key == y.key && x.value == y.value;
         });
}

Node boolean_node(bool value) {
  Node node;
  node.kind = Node::Kind::Boolean;
  node.text = value ? "true" : "false";
  return node;
}

Node integer_node(std::int64_t value) {
  Node node;
  node.kind = Node::Kind::Integer;
  node.text = fmt::format("{}", value);
  return node;
}

Node text_node(std::string_view value) {
  Node node;
  node.kind = Node::Kind::Text;
  node.text = value;
  return node;
}

Node sequence_node(std::vector<Node> items) {
  Node node;
  node.kind = Node::Kind::Sequence;
  node.items = std::move(items);
  return node;
}

Node mapping_node() {
  Node node;
  node.kind = Node::Kind::Mapping;
  return node;
}

std::string_view kind_text(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::Null:
      return "empty";
    case Node::Kind::Boolean:
      return "a boolean";
    case Node::Kind::Integer:
      return "a whole number";
    case Node::Kind::Real:
      return "a number with a fraction";
    case Node::Kind::Text:
      return "a text";
    case Node::Kind::Sequence:
      return "a list";
    case Node::Kind::Mapping:
      return "a mapping";
  }
  return "nothing";
}

std::string place_text(unsigned line, unsigned column) {
  return line == 0 ? std::string() : fmt::format("line {}, column {}: ", line, column);
}

}  // namespace muster::wire
