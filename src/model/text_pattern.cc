#include "model/text_pattern.h"

#include <algorithm>

#include "model/errors.h"

namespace muster::model {
namespace {

constexpr std::string_view kBlanks = " \t\r";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The length of `literal` at the line's start; blanks stand for one or more.
std::optional<std::size_t> length_at_start(std::string_view line,
                                           const std::vector<std::string>& literal) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (i > 0) {
      const std::size_t blanks = at;
      while (at < line.size() && is_blank(line[at])) ++at;
      if (at == blanks) return std::nullopt;
    }
    if (!line.substr(at).starts_with(literal[i])) return std::nullopt;
    at += literal[i].size();
  }
  return at;
}

struct Found {
  std::size_t at;
  std::size_t length;
};

// The first place of the literal. One that begins with blanks is tried at the first of a run of
// them alone, so that no run is gone through twice.
std::optional<Found> find(std::string_view line, const std::vector<std::string>& literal) {
  const bool from_blank = literal.front().empty() && literal.size() > 1;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (from_blank && (!is_blank(line[at]) || (at > 0 && is_blank(line[at - 1])))) continue;
    if (const auto length = length_at_start(line.substr(at), literal)) return Found{at, *length};
  }
  return std::nullopt;
}

}  // namespace

Result<TextPattern> TextPattern::parse(std::string_view whole) {
  const std::string_view text = trimmed(whole);
  const auto bad = [&](std::string_view what) {
    return fail(kBadClass, "pattern '{}': {}", text.substr(0, 200), what);
  };
  TextPattern out;
  Literal literal = {""};
  const auto is_empty = [&] { return literal.size() == 1 && literal.front().empty(); };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if (is_blank(c)) {
      if (at == 0 || !is_blank(text[at - 1])) literal.emplace_back();
    } else if ((c == '{' || c == '}') && doubled) {
      literal.back() += c;
      ++at;
    } else if (c == '}') {
      return bad("'}' ends nothing; a brace as text is '}}'");
    } else if (c != '{') {
      literal.back() += c;
    } else {
      const std::size_t end = text.find('}', at);
      if (end == std::string_view::npos) return bad("'{' has no end; a brace as text is '{{'");
      const std::string name(text.substr(at + 1, end - at - 1));
      if (!out.parts_.empty() && is_empty()) return bad("two fields have nothing between them");
      out.parts_.push_back({std::move(literal), {}});
      literal = {""};
      if (!name.empty()) {
        if (std::ranges::find(out.fields_, name) != out.fields_.end())
          return bad("a field stands twice");
        out.parts_.back().field = out.fields_.size();
        out.fields_.push_back(name);
      }
      at = end;
    }
  }
  if (out.fields_.empty()) return bad("it has no field such as {Name}");
  out.ends_with_field_ = is_empty();
  out.end_ = std::move(literal);
  return out;
}

std::optional<std::vector<std::string_view>> TextPattern::match(std::string_view whole) const {
  std::string_view line = trimmed(whole);
  std::vector<std::string_view> out(fields_.size());
  const auto first = length_at_start(line, parts_.front().literal);
  if (!first) return std::nullopt;
  line.remove_prefix(*first);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const bool is_last = i + 1 == parts_.size();
    std::string_view value = line;
    if (!is_last || !ends_with_field_) {
      const auto next = find(line, is_last ? end_ : parts_[i + 1].literal);
      if (!next) return std::nullopt;
      value = line.substr(0, next->at);
      line.remove_prefix(next->at + next->length);
      if (is_last && !line.empty()) return std::nullopt;
    }
    if (parts_[i].field) out[*parts_[i].field] = trimmed(value);
  }
  return out;
}

}  // namespace muster::model
