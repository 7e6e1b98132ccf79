// Values that go into and come out of SQL statements.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::store {

// Bytes as against text: both are std::string.
struct Blob {
  Bytes bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};
struct BlobView {
  ByteView bytes;
};
inline BlobView blob(ByteView bytes) { return {bytes}; }

using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;
using ValueView = std::variant<std::monostate, std::int64_t, double, std::string_view, BlobView>;

// What a placeholder is bound to; a view, so it lives as long as the call it is passed to.
// Truth values are 0 and 1, moments are milliseconds since 1970.
class Param {
 public:
  Param(std::nullopt_t) {}
  template <std::integral T>
  Param(T value) : value_(static_cast<std::int64_t>(value)) {}
  Param(double value) : value_(value) {}
  Param(const char* text) : value_(std::string_view(text)) {}
  Param(std::string_view text) : value_(text) {}
  Param(const std::string& text) : value_(std::string_view(text)) {}
  Param(BlobView bytes) : value_(bytes) {}
  Param(const Blob& blob) : value_(BlobView{blob.bytes}) {}
  Param(Timestamp time) : value_(time.ms) {}
  template <typename T>
  Param(const std::optional<T>& value) {
    if (value) value_ = Param(*value).view();
  }

  const ValueView& view() const { return value_; }

 private:
  ValueView value_;
};

}  // namespace muster::store
