#include "wire/node_fields.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/nearest.h"
#include "wire/errors.h"
#include "wire/field_path.h"
#include "wire/field_watch.h"

namespace muster::wire {
namespace {

thread_local FieldWatch* watching = nullptr;

}  // namespace

WatchFields::WatchFields(FieldWatch& watch) { watching = &watch; }
WatchFields::~WatchFields() { watching = nullptr; }

std::string NodeAt::where() const {
  return place_text(node_->line, node_->column) + (path_.empty() ? "the document" : path_);
}

Failure NodeAt::failure_text(const ErrorKind& kind, const std::string& text) const {
  return fail(kind, "{} {}", where(), text);
}

Failure NodeAt::wrong_kind(std::string_view wanted) const {
  const bool quotable = wanted == "a text" && node_->is_scalar() && !node_->text.empty();
  if (quotable)
    return failure(kFieldKind, "is {}, a text is wanted: write \"{}\" with quotes",
                   kind_text(node_->kind), node_->text);
  return failure(kFieldKind, "is {}, {} is wanted", kind_text(node_->kind), wanted);
}

Result<std::string> NodeAt::text() const {
  if (watching) watching->taken(path_, Node::Kind::Text);
  if (node_->kind != Node::Kind::Text) return wrong_kind("a text");
  return node_->text;
}

Result<std::int64_t> NodeAt::integer() const {
  if (watching) watching->taken(path_, Node::Kind::Integer);
  if (node_->kind != Node::Kind::Integer) return wrong_kind("a whole number");
  std::int64_t value = 0;
  const char* end = node_->text.data() + node_->text.size();
  if (std::from_chars(node_->text.data(), end, value).ec != std::errc())
    return failure(kFieldKind, "is over 2^63-1");
  return value;
}

Result<std::int64_t> NodeAt::integer(std::int64_t least, std::int64_t most) const {
  if (watching) watching->bounded(path_, least, most);
  const std::int64_t value = TRY(integer());
  if (value < least || value > most)
    return failure(kFieldKind, "is {}, from {} to {} are allowed", value, least, most);
  return value;
}

Result<bool> NodeAt::boolean() const {
  if (watching) watching->taken(path_, Node::Kind::Boolean);
  if (node_->kind != Node::Kind::Boolean) return wrong_kind("true or false");
  return node_->text == "true";
}

Result<std::vector<NodeAt>> NodeAt::items() const {
  if (watching) watching->taken(path_, Node::Kind::Sequence);
  if (node_->kind != Node::Kind::Sequence) return wrong_kind("a list");
  std::vector<NodeAt> out;
  out.reserve(node_->items.size());
  for (std::size_t i = 0; i < node_->items.size(); ++i)
    out.emplace_back(node_->items[i], fmt::format("{}[{}]", path_, i));
  return out;
}

Result<NodeFields> NodeFields::open(const NodeAt& mapping,
                                    std::initializer_list<std::string_view> keys) {
  if (mapping.node().kind != Node::Kind::Mapping)
    return mapping.failure(kFieldKind, "is {}, a mapping is wanted",
                           kind_text(mapping.node().kind));
  NodeFields fields(mapping, keys);
  if (watching) watching->opened(mapping.path(), fields.keys_);
  for (const NodeMember& member : mapping.node().members) {
    if (std::ranges::find(keys, member.key) != keys.end()) continue;
    const std::string path = field_path(mapping.path(), std::string_view(member.key).substr(0, 80));
    const std::string place = place_text(member.line, member.column);
    const std::string_view near = nearest(member.key, fields.keys_);
    if (!near.empty())
      return fail(kFieldUnknown, "{}{} is unknown; did you mean {}?", place, path, near);
    return fail(kFieldUnknown, "{}{} is unknown; valid here: {}", place, path,
                fmt::join(fields.keys_, ", "));
  }
  return fields;
}

std::optional<NodeAt> NodeFields::optional(std::string_view key) const {
  MUSTER_CHECK(std::ranges::find(keys_, key) != keys_.end());
  const Node* node = mapping_.node().find(key);
  if (node == nullptr) return std::nullopt;
  return NodeAt(*node, field_path(mapping_.path(), key));
}

Result<NodeAt> NodeFields::required(std::string_view key) const {
  if (watching) watching->required(mapping_.path(), key);
  auto field = optional(key);
  if (!field)
    return fail(kFieldMissing, "{}{} is missing",
                place_text(mapping_.node().line, mapping_.node().column),
                field_path(mapping_.path(), key));
  return *std::move(field);
}

Result<std::string> NodeFields::text(std::string_view key) const {
  return TRY(required(key)).text();
}

Result<std::int64_t> NodeFields::integer(std::string_view key) const {
  return TRY(required(key)).integer();
}

Result<std::optional<std::string>> NodeFields::optional_text(std::string_view key) const {
  const auto field = optional(key);
  if (!field) return std::optional<std::string>();
  return std::optional<std::string>(TRY(field->text()));
}

Result<std::optional<std::int64_t>> NodeFields::optional_integer(std::string_view key) const {
  const auto field = optional(key);
  if (!field) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(TRY(field->integer()));
}

}  // namespace muster::wire
