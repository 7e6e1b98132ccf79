#include "wire/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/check.h"
#include "wire/errors.h"
#include "wire/yaml_scalar.h"

namespace muster::wire {
namespace {

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";
constexpr std::size_t kTextBytesPerNode = 64;

template <typename... Args>
Failure fail_at(const ErrorKind& kind, yaml_mark_t mark, fmt::format_string<Args...> format,
                Args&&... args) {
  return fail(
      kind, "{}{}",
      place_text(static_cast<unsigned>(mark.line) + 1, static_cast<unsigned>(mark.column) + 1),
      fmt::format(format, std::forward<Args>(args)...));
}

struct FreeEvent {
  void operator()(yaml_event_t* event) const {
    yaml_event_delete(event);
    delete event;
  }
};
using Event = std::unique_ptr<yaml_event_t, FreeEvent>;

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

void place(Node& node, yaml_mark_t mark) {
  node.line = static_cast<unsigned>(mark.line) + 1;
  node.column = static_cast<unsigned>(mark.column) + 1;
}

// A value that an anchor names, and what each alias to it costs.
struct Anchored {
  Node node;
  std::size_t cost;
  unsigned depth;
};

std::size_t cost_of_text(std::string_view text) { return 1 + text.size() / kTextBytesPerNode; }

void measure(const Node& node, std::size_t& cost, unsigned& depth) {
  cost += cost_of_text(node.text);
  unsigned deepest = 0;
  const auto visit = [&](const Node& child) {
    unsigned below = 0;
    measure(child, cost, below);
    deepest = std::max(deepest, below);
  };
  for (const Node& item : node.items) visit(item);
  for (const NodeMember& member : node.members) {
    cost += cost_of_text(member.key);
    visit(member.value);
  }
  depth = node.is_scalar() ? 0 : deepest + 1;
}

class YamlReader {
 public:
  YamlReader(ByteView text, YamlLimits limits) : text_(text), limits_(limits) {
    MUSTER_CHECK(yaml_parser_initialize(&parser_) == 1);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, as_u8(text), text.size());
  }
  ~YamlReader() { yaml_parser_delete(&parser_); }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  Result<std::vector<Node>> read() {
    std::vector<Node> out;
    for (;;) {
      const Event event = TRY(next());
      if (event->type == YAML_STREAM_END_EVENT) return out;
      if (event->type != YAML_DOCUMENT_START_EVENT) continue;  // the start of the stream
      anchors_.clear();
      const Event root = TRY(next());
      out.push_back(TRY(read_node(*root, 0)));
      TRY(next());  // the end of the document
    }
  }

 private:
  Result<Event> next() {
    Event event(new yaml_event_t());
    if (yaml_parser_parse(&parser_, event.get()) == 1) return event;
    return parser_failure();
  }

  Failure parser_failure() const {
    const char* problem = parser_.problem == nullptr ? "cannot be read" : parser_.problem;
    if (parser_.error != YAML_READER_ERROR)
      return fail_at(kYamlSyntax, parser_.problem_mark, "{}", problem);
    // The reader knows only the byte.
    const ByteView before = text_.substr(0, parser_.problem_offset);
    const std::size_t line_start = before.rfind('\n') + 1;
    yaml_mark_t mark{};
    mark.line = static_cast<std::size_t>(std::ranges::count(before, '\n'));
    mark.column = before.size() - line_start;
    return fail_at(kYamlSyntax, mark, "{}", problem);
  }

  Result<void> charge(std::size_t cost, yaml_mark_t mark) {
    spent_ += cost;
    if (spent_ > limits_.nodes)
      return fail_at(kYamlLimit, mark, "more than {} values", limits_.nodes);
    return {};
  }

  Result<void> check_depth(unsigned depth, yaml_mark_t mark) const {
    if (depth > limits_.depth)
      return fail_at(kYamlLimit, mark, "nested deeper than {}", limits_.depth);
    return {};
  }

  Result<Node> read_node(const yaml_event_t& event, unsigned depth) {
    switch (event.type) {
      case YAML_ALIAS_EVENT:
        return expand(event, depth);
      case YAML_SCALAR_EVENT:
        return named(TRY(read_scalar(event)), event.data.scalar.anchor, event);
      case YAML_SEQUENCE_START_EVENT:
        return named(TRY(read_sequence(event, depth + 1)), event.data.sequence_start.anchor, event);
      case YAML_MAPPING_START_EVENT:
        return named(TRY(read_mapping(event, depth + 1)), event.data.mapping_start.anchor, event);
      default:
        return fail_at(kYamlSyntax, event.start_mark, "a value is wanted here");
    }
  }

  // Keeps a copy of the value for aliases that follow. A value is named when it is whole, so that
  // no alias stands inside the value it repeats.
  Result<Node> named(Node node, const yaml_char_t* anchor, const yaml_event_t& event) {
    if (anchor == nullptr) return node;
    Anchored kept{.node = node, .cost = 0, .depth = 0};
    measure(kept.node, kept.cost, kept.depth);
    TRY(charge(kept.cost, event.start_mark));
    anchors_.insert_or_assign(std::string(text_of(anchor)), std::move(kept));
    return node;
  }

  Result<Node> expand(const yaml_event_t& event, unsigned depth) {
    if (++aliases_ > limits_.aliases)
      return fail_at(kYamlLimit, event.start_mark, "more than {} aliases", limits_.aliases);
    const std::string name(text_of(event.data.alias.anchor));
    const auto found = anchors_.find(name);
    if (found == anchors_.end())
      return fail_at(kYamlSyntax, event.start_mark, "no value before this is named &{}", name);
    TRY(charge(found->second.cost, event.start_mark));
    TRY(check_depth(depth + found->second.depth, event.start_mark));
    return found->second.node;
  }

  Result<Node> read_scalar(const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
    const std::string_view tag = text_of(scalar.tag);
    TRY(charge(cost_of_text(text), event.start_mark));
    Node node;
    if (tag == "!" || tag == "tag:yaml.org,2002:str" ||
        (tag.empty() && scalar.style != YAML_PLAIN_SCALAR_STYLE)) {
      node = text_node(text);
    } else {
      auto plain = plain_scalar(text);
      if (!plain) return fail_at(kYamlSyntax, event.start_mark, "{}", plain.error().detail());
      node = *std::move(plain);
      if (!tag.empty()) TRY(check_scalar_tag(tag, node.kind, event.start_mark));
    }
    place(node, event.start_mark);
    return node;
  }

  static Result<void> check_scalar_tag(std::string_view tag, Node::Kind kind, yaml_mark_t mark) {
    using Kind = Node::Kind;
    constexpr std::pair<std::string_view, Kind> kTags[] = {{"null", Kind::Null},
                                                           {"bool", Kind::Boolean},
                                                           {"int", Kind::Integer},
                                                           {"float", Kind::Real}};
    for (const auto& [name, wanted] : kTags) {
      if (!tag.starts_with(kCoreTag) || tag.substr(kCoreTag.size()) != name) continue;
      if (kind == wanted) return {};
      return fail_at(kYamlSyntax, mark, "the value is {}, its tag !!{} says otherwise",
                     kind_text(kind), name);
    }
    return fail_at(kYamlSyntax, mark, "the tag {} is not of the core schema", tag.substr(0, 80));
  }

  static Result<void> check_tag(const yaml_char_t* tag, std::string_view wanted, yaml_mark_t mark) {
    const std::string_view text = text_of(tag);
    if (text.empty() || text == "!") return {};
    if (text.starts_with(kCoreTag) && text.substr(kCoreTag.size()) == wanted) return {};
    return fail_at(kYamlSyntax, mark, "the tag {} does not belong here", text.substr(0, 80));
  }

  Result<Node> read_sequence(const yaml_event_t& start, unsigned depth) {
    TRY(check_depth(depth, start.start_mark));
    TRY(check_tag(start.data.sequence_start.tag, "seq", start.start_mark));
    TRY(charge(1, start.start_mark));
    Node node = sequence_node();
    place(node, start.start_mark);
    for (;;) {
      const Event event = TRY(next());
      if (event->type == YAML_SEQUENCE_END_EVENT) return node;
      node.items.push_back(TRY(read_node(*event, depth)));
    }
  }

  Result<Node> read_mapping(const yaml_event_t& start, unsigned depth) {
    TRY(check_depth(depth, start.start_mark));
    TRY(check_tag(start.data.mapping_start.tag, "map", start.start_mark));
    TRY(charge(1, start.start_mark));
    Node node = mapping_node();
    place(node, start.start_mark);
    for (;;) {
      const Event event = TRY(next());
      if (event->type == YAML_MAPPING_END_EVENT) break;
      NodeMember member = TRY(read_key(*event, depth));
      const Event value = TRY(next());
      member.value = TRY(read_node(*value, depth));
      node.members.push_back(std::move(member));
    }
    TRY(check_keys(node));
    return node;
  }

  Result<NodeMember> read_key(const yaml_event_t& event, unsigned depth) {
    Node key = TRY(read_node(event, depth));
    if (event.type == YAML_SCALAR_EVENT && event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
        key.text == "<<")
      return fail_at(kYamlSyntax, event.start_mark, "merge keys are not taken; write the keys out");
    if (key.kind != Node::Kind::Text)
      return fail_at(kYamlSyntax, event.start_mark,
                     "a key is {}; put it in quotes to make it a text", kind_text(key.kind));
    NodeMember member{.key = std::move(key.text), .value = {}};
    member.line = static_cast<unsigned>(event.start_mark.line) + 1;
    member.column = static_cast<unsigned>(event.start_mark.column) + 1;
    return member;
  }

  static Result<void> check_keys(const Node& node) {
    std::unordered_map<std::string_view, const NodeMember*> seen;
    for (const NodeMember& member : node.members) {
      const auto [first, added] = seen.emplace(member.key, &member);
      if (!added)
        return fail(kYamlSyntax, "{}the key '{}' stands twice, first in line {}",
                    place_text(member.line, member.column), member.key, first->second->line);
    }
    return {};
  }

  yaml_parser_t parser_;
  ByteView text_;
  YamlLimits limits_;
  std::size_t spent_ = 0;
  std::size_t aliases_ = 0;
  std::unordered_map<std::string, Anchored> anchors_;
};

}  // namespace

Result<std::vector<Node>> parse_yaml(ByteView text, YamlLimits limits) {
  if (text.size() > limits.bytes)
    return fail(kYamlLimit, "{} bytes, {} are allowed", text.size(), limits.bytes);
  return YamlReader(text, limits).read();
}

}  // namespace muster::wire
