#include <algorithm>
#include <string_view>

#include "base/utf8.h"
#include "wire/yaml.h"
#include "wire/yaml_scalar.h"

namespace muster::wire {
namespace {

// Keys of more characters are no simple keys (YAML 1.2.2, 7.4.2); bytes are the safe measure.
constexpr std::size_t kLongestSimpleKey = 1000;

bool is_plain_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./@+-:, ()=%").find(c) != std::string_view::npos;
}

// Texts that need no quotes, and that readers of YAML 1.1 take for text too.
bool is_plain_text(std::string_view text) {
  constexpr std::string_view kWords[] = {"yes", "no", "on", "off", "y", "n"};
  if (text.empty() || text.size() > 120 || text.back() == ' ' || text.back() == ':') return false;
  const char first = text[0];
  const bool good_start = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
                          first == '/' || text.starts_with("./");
  if (!good_start || !std::ranges::all_of(text, is_plain_char)) return false;
  if (text.find(": ") != std::string_view::npos) return false;
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (std::ranges::find(kWords, lower) != std::end(kWords)) return false;
  const auto meaning = plain_scalar(text);
  return meaning && meaning->kind == Node::Kind::Text;
}

// Code points that YAML allows unescaped (1.2.2, 5.1) and that no reader takes for a line break.
bool is_printable(std::string_view sequence) {
  if (sequence.size() == 1) return sequence[0] >= 0x20 && sequence[0] < 0x7f;
  if (sequence.size() == 2)
    return static_cast<unsigned char>(sequence[0]) > 0xc2 ||
           static_cast<unsigned char>(sequence[1]) >= 0xa0;
  // U+2028 and U+2029 break lines; U+FEFF, U+FFFE and U+FFFF are no characters of a text.
  return sequence != "\u2028" && sequence != "\u2029" && sequence != "\ufeff" &&
         sequence != "\xef\xbf\xbe" && sequence != "\xef\xbf\xbf";
}

unsigned code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  if (sequence.size() == 2) return (byte(0) & 0x1fu) << 6 | (byte(1) & 0x3fu);
  return (byte(0) & 0x0fu) << 12 | (byte(1) & 0x3fu) << 6 | (byte(2) & 0x3fu);
}

void append_quoted(Bytes& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(sequence.size());
    if (size == 0) {
      out += "\ufffd";
    } else if (sequence == "\"" || sequence == "\\") {
      out += '\\';
      out += sequence;
    } else if (sequence == "\n") {
      out += "\\n";
    } else if (sequence == "\t") {
      out += "\\t";
    } else if (is_printable(sequence)) {
      out += sequence;
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", code_point(sequence));
    }
  }
  out += '"';
}

void append_text(Bytes& out, std::string_view text) {
  if (is_plain_text(text)) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

// What fits behind "key: " or "- ": scalars and empty containers.
bool is_inline(const Node& node) {
  return node.is_scalar() || (node.items.empty() && node.members.empty());
}

void append_inline(Bytes& out, const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      out += "null";
      return;
    case Node::Kind::Boolean:
    case Node::Kind::Integer:
    case Node::Kind::Real:
      out += node.text;
      return;
    case Node::Kind::Text:
      append_text(out, node.text);
      return;
    case Node::Kind::Sequence:
      out += "[]";
      return;
    case Node::Kind::Mapping:
      out += "{}";
      return;
  }
}

void append_block(Bytes& out, const Node& node, std::size_t indent);

void append_member(Bytes& out, const NodeMember& member, std::size_t indent) {
  Bytes key;
  append_text(key, member.key);
  if (key.size() > kLongestSimpleKey) {
    out += "? " + key + '\n';
    out.append(indent, ' ');
    out += ':';
  } else {
    out += key + ':';
  }
  if (is_inline(member.value)) {
    out += ' ';
    append_inline(out, member.value);
    out += '\n';
  } else {
    out += '\n';
    out.append(indent + 2, ' ');
    append_block(out, member.value, indent + 2);
  }
}

// The cursor stands at `indent`; each line but the first is indented here.
void append_block(Bytes& out, const Node& node, std::size_t indent) {
  bool first = true;
  const auto start_line = [&] {
    if (!first) out.append(indent, ' ');
    first = false;
  };
  for (const NodeMember& member : node.members) {
    start_line();
    append_member(out, member, indent);
  }
  for (const Node& item : node.items) {
    start_line();
    out += "- ";
    if (is_inline(item)) {
      append_inline(out, item);
      out += '\n';
    } else {
      append_block(out, item, indent + 2);
    }
  }
}

}  // namespace

Bytes emit_yaml(const Node& node) {
  Bytes out;
  if (is_inline(node)) {
    append_inline(out, node);
    out += '\n';
  } else {
    append_block(out, node, 0);
  }
  return out;
}

Bytes emit_yaml(std::span<const Node> documents) {
  Bytes out;
  for (const Node& document : documents) {
    if (!out.empty()) out += "---\n";
    out += emit_yaml(document);
  }
  return out;
}

}  // namespace muster::wire
