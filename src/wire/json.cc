#include "wire/json.h"

#include <simdjson.h>

#include <algorithm>

#include "base/check.h"
#include "wire/errors.h"
#include "wire/json_tape.h"

namespace muster::wire {
namespace {

std::string_view kind_text(Json::Kind kind) {
  switch (kind) {
    case Json::Kind::Null:
      return "null";
    case Json::Kind::Bool:
      return "a boolean";
    case Json::Kind::Integer:
      return "a whole number";
    case Json::Kind::Double:
      return "a fraction";
    case Json::Kind::String:
      return "a string";
    case Json::Kind::Array:
      return "an array";
    case Json::Kind::Object:
      return "an object";
  }
  return "nothing";
}

std::string named(const std::string& path) { return path.empty() ? "the document" : path; }

}  // namespace

Json::Kind Json::kind() const {
  switch (tape_->type(index_)) {
    case '{':
      return Kind::Object;
    case '[':
      return Kind::Array;
    case '"':
      return Kind::String;
    case 'l':
    case 'u':
      return Kind::Integer;
    case 'd':
      return Kind::Double;
    case 't':
    case 'f':
      return Kind::Bool;
    default:
      return Kind::Null;
  }
}

Failure Json::wrong_kind(std::string_view wanted) const {
  return fail(kJsonKind, "{} is {}, {} is wanted", named(path()), kind_text(kind()), wanted);
}

Result<std::string_view> Json::string() const {
  if (kind() != Kind::String) return wrong_kind("a string");
  return tape_->text(index_);
}

Result<std::int64_t> Json::i64() const {
  if (kind() != Kind::Integer) return wrong_kind("a whole number");
  if (tape_->type(index_) == 'u')  // the tape has 'u' only for what no 64 signed bits hold
    return fail(kJsonKind, "{} is over 2^63-1", named(path()));
  return std::bit_cast<std::int64_t>(tape_->number_bits(index_));
}

Result<std::uint64_t> Json::u64() const {
  if (kind() != Kind::Integer) return wrong_kind("a whole number");
  const std::uint64_t bits = tape_->number_bits(index_);
  if (tape_->type(index_) == 'l' && std::bit_cast<std::int64_t>(bits) < 0)
    return fail(kJsonKind, "{} is below zero", named(path()));
  return bits;
}

Result<double> Json::number() const {
  const std::uint64_t bits = tape_->number_bits(index_);
  switch (tape_->type(index_)) {
    case 'l':
      return static_cast<double>(std::bit_cast<std::int64_t>(bits));
    case 'u':
      return static_cast<double>(bits);
    case 'd':
      return std::bit_cast<double>(bits);
    default:
      return wrong_kind("a number");
  }
}

Result<bool> Json::boolean() const {
  if (kind() != Kind::Bool) return wrong_kind("a boolean");
  return tape_->type(index_) == 't';
}

std::size_t Json::member(std::string_view key) const {
  const std::size_t end = tape_->last(index_);
  for (std::size_t at = tape_->first(index_); at < end; at = tape_->after(at + 1))
    if (tape_->text(at) == key) return at + 1;
  return 0;
}

Result<Json> Json::at(std::string_view key) const {
  if (kind() != Kind::Object) return wrong_kind("an object");
  const std::size_t value = member(key);
  if (value == 0) return fail(kJsonMissing, "{} has no member '{}'", named(path()), key);
  return Json(tape_, value);
}

Result<std::optional<Json>> Json::find(std::string_view key) const {
  if (kind() != Kind::Object) return wrong_kind("an object");
  const std::size_t value = member(key);
  if (value == 0 || tape_->type(value) == 'n') return std::optional<Json>();
  return std::optional<Json>(Json(tape_, value));
}

Result<std::vector<Json>> Json::items() const {
  std::vector<Json> out;
  TRY(items(out));
  return out;
}

Result<void> Json::items(std::vector<Json>& out) const {
  if (kind() != Kind::Array) return wrong_kind("an array");
  out.clear();
  const std::size_t end = tape_->last(index_);
  for (std::size_t at = tape_->first(index_); at < end; at = tape_->after(at))
    out.push_back(Json(tape_, at));
  return {};
}

Result<std::vector<std::pair<std::string_view, Json>>> Json::members() const {
  if (kind() != Kind::Object) return wrong_kind("an object");
  std::vector<std::pair<std::string_view, Json>> out;
  const std::size_t end = tape_->last(index_);
  for (std::size_t at = tape_->first(index_); at < end; at = tape_->after(at + 1))
    out.emplace_back(tape_->text(at), Json(tape_, at + 1));
  return out;
}

// Only errors need the path, so it is found by walking down to this value instead of being kept.
std::string Json::path() const {
  std::string out;
  std::size_t at = 1;
  while (at < index_) {
    const bool object = tape_->type(at) == '{';
    std::size_t child = tape_->first(at);
    std::size_t position = 0;
    std::string_view key;
    for (;; child = tape_->after(child), ++position) {
      if (object) key = tape_->text(child++);
      if (tape_->after(child) > index_) break;
    }
    if (object) {
      if (!out.empty()) out += '.';
      out += key;
    } else {
      out += fmt::format("[{}]", position);
    }
    at = child;
  }
  return out;
}

struct JsonDocument::State {
  simdjson::dom::document document;
  JsonTape tape;
};

namespace {

Failure too_deep(JsonLimits limits) {
  return fail(kJsonLimit, "nested deeper than {}", limits.depth);
}

Failure syntax_failure(simdjson::error_code error, JsonLimits limits) {
  if (error == simdjson::DEPTH_ERROR) return too_deep(limits);
  if (error == simdjson::CAPACITY) return fail(kJsonLimit, "longer than {} bytes", limits.bytes);
  return fail(kJsonSyntax, "{}", simdjson::error_message(error));
}

// The key that stands twice in the object at `at`, if any.
std::optional<std::string_view> doubled_key(const JsonTape& tape, std::size_t at,
                                            std::vector<std::string_view>& keys) {
  keys.clear();
  const std::size_t end = tape.last(at);
  for (std::size_t key = tape.first(at); key < end; key = tape.after(key + 1))
    keys.push_back(tape.text(key));
  constexpr std::size_t kFewKeys = 12;  // below this, comparing all pairs is quicker than sorting
  if (keys.size() > kFewKeys) {
    std::ranges::sort(keys);
    const auto found = std::ranges::adjacent_find(keys);
    return found == keys.end() ? std::nullopt : std::optional(*found);
  }
  for (std::size_t i = 1; i < keys.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (keys[i] == keys[j]) return keys[i];
  return std::nullopt;
}

// What simdjson 3.0.1 lets pass: doubled keys, strings that hold half of a surrogate pair, and
// empty containers one level below its limit.
Result<void> check_strictness(const JsonTape& tape, bool has_escapes, JsonLimits limits) {
  std::vector<std::string_view> keys;
  unsigned depth = 0;
  const std::size_t end = tape.payload(0) - 1;  // the root word counts the closing root word
  for (std::size_t at = 1; at < end;) {
    const char type = tape.type(at);
    if (type == '{' || type == '[') {
      if (++depth > limits.depth) return too_deep(limits);
    } else if (type == '}' || type == ']') {
      --depth;
    }
    if (type == '{') {
      const auto key = doubled_key(tape, at, keys);
      if (key) return fail(kJsonSyntax, "the key '{}' stands twice in one object", *key);
    } else if (type == '"' && has_escapes) {
      // UTF-8 of U+D800 to U+DFFF starts with ed a0..bf; the input was checked, so only an
      // escape can have brought it.
      const std::string_view text = tape.text(at);
      for (std::size_t i = text.find('\xed'); i != text.npos; i = text.find('\xed', i + 1))
        if (static_cast<unsigned char>(text[i + 1]) >= 0xa0)
          return fail(kJsonSyntax, "a string holds half of a surrogate pair");
    }
    at += type == 'l' || type == 'u' || type == 'd' ? 2 : 1;
  }
  return {};
}

}  // namespace

JsonDocument::JsonDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(ByteView text, JsonLimits limits) {
  if (text.size() > limits.bytes)
    return fail(kJsonLimit, "{} bytes, {} are allowed", text.size(), limits.bytes);
  // The parser's scratch memory is kept between calls unless a long document made it large.
  thread_local simdjson::dom::parser parser;
  constexpr std::size_t kKeptBytes = 256u << 10;
  auto state = std::make_unique<State>();
  // simdjson reads past the end of its input, so the padded copy of the parser is needed; it
  // counts a scalar inside n containers as depth n, and refuses depth n at n == max_depth.
  auto error = parser.allocate(std::max(text.size(), std::size_t{4096}), limits.depth + 1);
  if (!error) error = parser.parse_into_document(state->document, text.data(), text.size()).error();
  if (parser.capacity() > kKeptBytes) parser = simdjson::dom::parser();
  if (error) return syntax_failure(error, limits);
  state->tape = {state->document.tape.get(), state->document.string_buf.get()};
  TRY(check_strictness(state->tape, text.find("\\u") != text.npos, limits));
  return JsonDocument(std::move(state));
}

Json JsonDocument::root() const {
  MUSTER_CHECK(state_ != nullptr);
  return Json(&state_->tape, 1);
}

}  // namespace muster::wire
