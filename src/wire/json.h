// JSON text: a reader for documents that arrive and an appending writer for those that leave.
// simdjson stays inside json.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace muster::wire {

struct JsonTape;

// One value of a parsed document: a view, valid while its JsonDocument lives. Wrong kinds and
// missing members are errors that name the path ("programs[2].command"), never defaults.
class Json {
 public:
  enum class Kind { Null, Bool, Integer, Double, String, Array, Object };

  Kind kind() const;
  bool is_null() const { return kind() == Kind::Null; }

  Result<std::string_view> string() const;
  Result<std::int64_t> i64() const;
  Result<std::uint64_t> u64() const;
  Result<double> number() const;
  Result<bool> boolean() const;

  // Member of an object. Error kJsonMissing when absent, kJsonKind when this is no object.
  Result<Json> at(std::string_view key) const;
  // Nothing when absent or null.
  Result<std::optional<Json>> find(std::string_view key) const;
  // Elements of an array, in order.
  Result<std::vector<Json>> items() const;
  // The same in place of what `out` held: for arrays of many small arrays.
  Result<void> items(std::vector<Json>& out) const;
  // Members of an object, in the order of the text.
  Result<std::vector<std::pair<std::string_view, Json>>> members() const;

  // Where the value stands in its document: "programs[2].command", "" for the root.
  std::string path() const;

 private:
  friend class JsonDocument;
  Json(const JsonTape* tape, std::size_t index) : tape_(tape), index_(index) {}
  // Index of the member's value, 0 where there is none. Only for objects.
  std::size_t member(std::string_view key) const;
  Failure wrong_kind(std::string_view wanted) const;

  const JsonTape* tape_;
  std::size_t index_;
};

struct JsonLimits {
  std::size_t bytes = 8u << 20;
  unsigned depth = 32;
};

// Strict JSON (RFC 8259): UTF-8, one value, no duplicate keys, depth and size within the limits.
// Whole numbers reach from -2^63 to 2^64-1; beyond that is kJsonSyntax, as is a fraction that no
// double holds.
class JsonDocument {
 public:
  // Errors: kJsonSyntax, kJsonLimit.
  static Result<JsonDocument> parse(ByteView text, JsonLimits limits = {});
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  Json root() const;

 private:
  struct State;
  explicit JsonDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Appends JSON text; commas come by themselves. Calls must nest rightly (MUSTER_CHECK).
// Strings are written as valid UTF-8: each byte that is part of no sequence becomes U+FFFD.
//   JsonWriter w; w.object(); w.key("name").string("x"); w.key("sizes").array(); w.number(3);
//   w.end(); w.end(); std::move(w).take()
class JsonWriter {
 public:
  JsonWriter& object();
  JsonWriter& array();
  JsonWriter& end();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(int value) { return number(static_cast<std::int64_t>(value)); }
  JsonWriter& number(unsigned value) { return number(static_cast<std::uint64_t>(value)); }
  // Finite, the shortest text that reads back to the same double, always with a '.' or an 'e'.
  JsonWriter& real(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // A value that is JSON text already.
  JsonWriter& raw(std::string_view json);

  Bytes take() &&;
  const Bytes& view() const { return out_; }

 private:
  void before_value();
  Bytes out_;
  std::vector<char> open_;  // '{' or '[' for each level that is not closed
  bool first_ = true;
  bool after_key_ = false;
};

// The canonical form that TUF signs (OLPC canonical JSON): keys sorted by bytes, no white space,
// only '"' and '\' escaped, all else raw UTF-8, whole numbers only. Error kJsonNotCanonical for a
// fraction.
Result<Bytes> canonical_json(const Json& value);

}  // namespace muster::wire
