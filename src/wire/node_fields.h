// Takes the fields of a mapping strictly: every key is known, every value of its kind, and errors
// say where: "line 7, column 9: spec.programs[0].comand is unknown; did you mean command?".
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/node.h"

namespace muster::wire {

// A value and the name under which errors speak of it ("spec.rules[1]"). A view of the tree.
class NodeAt {
 public:
  NodeAt(const Node& node, std::string path) : node_(&node), path_(std::move(path)) {}

  const Node& node() const { return *node_; }
  const std::string& path() const { return path_; }
  // "line 3, column 5: spec.start": the context for errors of others about this value.
  std::string where() const;
  bool is_text() const { return node_->kind == Node::Kind::Text; }

  // The value; error kFieldKind for any other kind. There is no conversion: 1.0 is no text.
  Result<std::string> text() const;
  Result<std::int64_t> integer() const;
  // An integer within the bounds, which the error names.
  Result<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
  Result<bool> boolean() const;
  Result<std::vector<NodeAt>> items() const;

  // An error of the caller's kind about this value: "line 3, column 5: spec.start TEXT".
  template <typename... Args>
  Failure failure(const ErrorKind& kind, fmt::format_string<Args...> format, Args&&... args) const {
    return failure_text(kind, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  Failure failure_text(const ErrorKind& kind, const std::string& text) const;
  Failure wrong_kind(std::string_view wanted) const;

  const Node* node_;
  std::string path_;
};

class NodeFields {
 public:
  // Errors: kFieldKind when the value is no mapping, kFieldUnknown for a key that is none of
  // `keys`. The unknown key is told before a missing one: it is mostly the missing one misspelt.
  static Result<NodeFields> open(const NodeAt& mapping,
                                 std::initializer_list<std::string_view> keys);

  // Error kFieldMissing. `key` is one of the keys given to open().
  Result<NodeAt> required(std::string_view key) const;
  // Nothing where the key is absent. A key without value is not absent: it is Null, so that a
  // forgotten value is an error and never a default.
  std::optional<NodeAt> optional(std::string_view key) const;

  Result<std::string> text(std::string_view key) const;
  Result<std::int64_t> integer(std::string_view key) const;
  Result<std::optional<std::string>> optional_text(std::string_view key) const;
  Result<std::optional<std::int64_t>> optional_integer(std::string_view key) const;

 private:
  NodeFields(NodeAt mapping, std::initializer_list<std::string_view> keys)
      : mapping_(std::move(mapping)), keys_(keys) {}

  NodeAt mapping_;
  std::vector<std::string_view> keys_;
};

}  // namespace muster::wire
