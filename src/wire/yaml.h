// YAML for files that people write: a strict part of YAML 1.2 with the core schema.
#pragma once

#include <span>
#include <vector>

#include "wire/node.h"

namespace muster::wire {

struct YamlLimits {
  std::size_t bytes = 1u << 20;
  unsigned depth = 32;
  // Values of all documents, those that aliases bring in again and long texts (64 bytes each) too.
  std::size_t nodes = 100'000;
  std::size_t aliases = 100;
};

// All documents of the file; an empty document is a Null. Refused beside bad syntax: keys that
// stand twice or are no text, merge keys, tags outside the core schema, and plain scalars that
// readers of YAML disagree about or that JSON has no spelling for (007, 0x1f, +1, .5, .inf).
// Quoted scalars are always Text. Errors, with line and column: kYamlSyntax, kYamlLimit.
Result<std::vector<Node>> parse_yaml(ByteView text, YamlLimits limits = {});

// Block style, ends with a newline. parse_yaml gives the same tree back.
Bytes emit_yaml(const Node& node);
// The documents, with "---" between them.
Bytes emit_yaml(std::span<const Node> documents);

}  // namespace muster::wire
