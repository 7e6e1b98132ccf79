#include "wire/yaml_scalar.h"

#include <algorithm>
#include <charconv>

#include "wire/errors.h"

namespace muster::wire {
namespace {

// Takes tokens off the front of a scalar.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}
  bool at_end() const { return rest_.empty(); }
  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view take_all(std::string_view any_of) {
    const std::size_t size = std::min(rest_.find_first_not_of(any_of), rest_.size());
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool take_word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

 private:
  std::string_view rest_;
};

constexpr std::string_view kDigits = "0123456789";

// A number as YAML 1.2.2 has them (10.3.2).
bool is_yaml_number(std::string_view text) {
  Scanner whole(text);
  if (whole.take_word("0o")) return !whole.take_all("01234567").empty() && whole.at_end();
  if (whole.take_word("0x"))
    return !whole.take_all("0123456789abcdefABCDEF").empty() && whole.at_end();
  if (whole.take_word(".nan") || whole.take_word(".NaN") || whole.take_word(".NAN"))
    return whole.at_end();
  whole.take("+-");
  if (whole.take_word(".inf") || whole.take_word(".Inf") || whole.take_word(".INF"))
    return whole.at_end();
  std::size_t digits = whole.take_all(kDigits).size();
  if (whole.take(".")) digits += whole.take_all(kDigits).size();
  if (digits == 0) return false;
  if (whole.take("eE")) {
    whole.take("+-");
    if (whole.take_all(kDigits).empty()) return false;
  }
  return whole.at_end();
}

// Integer or Real by the grammar of RFC 8259 section 6, Text where it is no number.
Node::Kind json_number_kind(std::string_view text) {
  Scanner scanner(text);
  Node::Kind kind = Node::Kind::Integer;
  scanner.take("-");
  const std::string_view whole = scanner.take_all(kDigits);
  if (whole.empty() || (whole.size() > 1 && whole[0] == '0')) return Node::Kind::Text;
  if (scanner.take(".")) {
    kind = Node::Kind::Real;
    if (scanner.take_all(kDigits).empty()) return Node::Kind::Text;
  }
  if (scanner.take("eE")) {
    kind = Node::Kind::Real;
    scanner.take("+-");
    if (scanner.take_all(kDigits).empty()) return Node::Kind::Text;
  }
  return scanner.at_end() ? kind : Node::Kind::Text;
}

template <typename T>
bool fits(std::string_view text) {
  T value;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
}

Node node_of(Node::Kind kind, std::string_view text) {
  Node node;
  node.kind = kind;
  node.text = text;
  return node;
}

}  // namespace

Result<Node> plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
    return Node();
  if (text == "true" || text == "True" || text == "TRUE") return boolean_node(true);
  if (text == "false" || text == "False" || text == "FALSE") return boolean_node(false);
  const Node::Kind kind = json_number_kind(text);
  if (kind == Node::Kind::Text) {
    if (is_yaml_number(text))
      return fail(kYamlSyntax, "{} is not a plain decimal number; a text stands in quotes",
                  text.substr(0, 40));
    return text_node(text);
  }
  const bool held = kind == Node::Kind::Integer
                        ? fits<std::int64_t>(text) || fits<std::uint64_t>(text)
                        : fits<double>(text);
  if (!held)
    return fail(kYamlSyntax, "{} is a number that 64 bits do not hold; a text stands in quotes",
                text.substr(0, 40));
  return node_of(kind, text == "-0" ? "0" : text);
}

}  // namespace muster::wire
