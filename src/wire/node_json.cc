#include "base/check.h"
#include "wire/node.h"

namespace muster::wire {
namespace {

// All but the items and members.
Result<Node> plain_node(const Json& value) {
  Node node;
  switch (value.kind()) {
    case Json::Kind::Null:
      break;
    case Json::Kind::Bool:
      node.kind = Node::Kind::Boolean;
      node.text = TRY(value.boolean()) ? "true" : "false";
      break;
    case Json::Kind::Integer: {
      node.kind = Node::Kind::Integer;
      const auto small = value.i64();
      node.text = small ? fmt::format("{}", *small) : fmt::format("{}", TRY(value.u64()));
      break;
    }
    case Json::Kind::Double: {
      JsonWriter number;
      node.kind = Node::Kind::Real;
      node.text = std::move(number.real(TRY(value.number()))).take();
      break;
    }
    case Json::Kind::String:
      node.kind = Node::Kind::Text;
      node.text = TRY(value.string());
      break;
    case Json::Kind::Array:
      node.kind = Node::Kind::Sequence;
      break;
    case Json::Kind::Object:
      node.kind = Node::Kind::Mapping;
      break;
  }
  return node;
}

// Walks the text beside the parsed document to learn where each value stands; the parser keeps no
// places. The text is known to be good JSON, so only the ends of tokens are looked for.
class PlacedReader {
 public:
  explicit PlacedReader(ByteView text) : text_(text) {}

  Result<Node> read(const Json& value) {
    skip_space();
    Node node = TRY(plain_node(value));
    node.line = line_;
    node.column = column_;
    switch (node.kind) {
      case Node::Kind::Text:
        skip_string();
        break;
      case Node::Kind::Sequence:
        TRY(read_items(value, node));
        break;
      case Node::Kind::Mapping:
        TRY(read_members(value, node));
        break;
      default:
        skip_word();
    }
    return node;
  }

 private:
  Result<void> read_items(const Json& value, Node& node) {
    const auto items = TRY(value.items());
    node.items.reserve(items.size());
    step();
    for (const Json& item : items) {
      node.items.push_back(TRY(read(item)));
      skip_space();
      step();  // the comma or the closing bracket
    }
    if (items.empty()) skip_space(), step();
    return {};
  }

  Result<void> read_members(const Json& value, Node& node) {
    const auto members = TRY(value.members());
    node.members.reserve(members.size());
    step();
    for (const auto& [key, member] : members) {
      skip_space();
      NodeMember out{.key = std::string(key), .value = {}, .line = line_, .column = column_};
      skip_string();
      skip_space();
      step();  // the colon
      out.value = TRY(read(member));
      node.members.push_back(std::move(out));
      skip_space();
      step();
    }
    if (members.empty()) skip_space(), step();
    return {};
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void step() {
    MUSTER_CHECK(at_ < text_.size());
    const auto c = static_cast<unsigned char>(text_[at_++]);
    if (c == '\n') {
      ++line_;
      column_ = 1;
    } else if ((c & 0xc0) != 0x80) {  // a byte that continues a character is no new column
      ++column_;
    }
  }
  void skip_space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(peek()) != std::string_view::npos)
      step();
  }
  void skip_string() {
    step();
    while (peek() != '"') {
      if (peek() == '\\') step();
      step();
    }
    step();
  }
  void skip_word() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n,]}").find(peek()) == std::string_view::npos)
      step();
  }

  ByteView text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  unsigned column_ = 1;
};

void write(JsonWriter& writer, const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      writer.null();
      return;
    case Node::Kind::Boolean:
    case Node::Kind::Integer:
    case Node::Kind::Real:
      writer.raw(node.text);
      return;
    case Node::Kind::Text:
      writer.string(node.text);
      return;
    case Node::Kind::Sequence:
      writer.array();
      for (const Node& item : node.items) write(writer, item);
      writer.end();
      return;
    case Node::Kind::Mapping:
      writer.object();
      for (const NodeMember& member : node.members) {
        writer.key(member.key);
        write(writer, member.value);
      }
      writer.end();
      return;
  }
}

}  // namespace

Result<Node> node_of(const Json& value) {
  Node node = TRY(plain_node(value));
  if (node.kind == Node::Kind::Sequence)
    for (const Json& item : TRY(value.items())) node.items.push_back(TRY(node_of(item)));
  if (node.kind == Node::Kind::Mapping)
    for (const auto& [key, member] : TRY(value.members()))
      node.members.push_back({.key = std::string(key), .value = TRY(node_of(member))});
  return node;
}

Result<Node> node_from_json(ByteView text, JsonLimits limits) {
  const auto document = TRY(JsonDocument::parse(text, limits));
  return PlacedReader(text).read(document.root());
}

Bytes node_to_json(const Node& node) {
  JsonWriter writer;
  write(writer, node);
  return std::move(writer).take();
}

}  // namespace muster::wire
