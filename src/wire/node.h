// A document as a tree that remembers where each value stood: one form for YAML and JSON, for what
// people write. Documents between programs are read by json.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "wire/json.h"

namespace muster::wire {

struct NodeMember;

struct Node {
  enum class Kind { Null, Boolean, Integer, Real, Text, Sequence, Mapping };

  Kind kind = Kind::Null;
  // Where the value starts in its file, from 1; the column counts characters. 0 for values that
  // come from no file.
  unsigned line = 0;
  unsigned column = 0;
  // The text of a Text; of a Boolean "true" or "false"; of a number its spelling, which is always
  // one that JSON takes. Empty for all else.
  std::string text;
  std::vector<Node> items;          // of a Sequence
  std::vector<NodeMember> members;  // of a Mapping, in the order of the file

  bool is_scalar() const { return kind != Kind::Sequence && kind != Kind::Mapping; }
  // The value of the key, nullptr where there is none.
  const Node* find(std::string_view key) const;
  // Adds a member to a Mapping at its end.
  Node& set(std::string_view key, Node value);
};

struct NodeMember {
  std::string key;
  Node value{};
  // Where the key stands.
  unsigned line = 0;
  unsigned column = 0;
};

// The same values and the same order of keys; places do not count.
bool operator==(const Node& a, const Node& b);

Node boolean_node(bool value);
Node integer_node(std::int64_t value);
Node text_node(std::string_view value);
Node sequence_node(std::vector<Node> items = {});
Node mapping_node();

// "a text", "a mapping"...: for errors.
std::string_view kind_text(Node::Kind kind);
// "line 3, column 5: ", and nothing for a node that comes from no file.
std::string place_text(unsigned line, unsigned column);

// Errors: those of JsonDocument::parse.
Result<Node> node_from_json(ByteView text, JsonLimits limits = {});
// Of a part of a document; without places.
Result<Node> node_of(const Json& value);
Bytes node_to_json(const Node& node);

}  // namespace muster::wire
