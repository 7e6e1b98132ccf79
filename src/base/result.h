// What an operation that can fail returns: a value or an Error with a stable number and advice.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace muster {

// A kind of failure. Each folder declares its own in FOLDER/errors.h; numbers never change and
// are never used twice (tools/check). `advice` is one sentence that says what to do.
struct ErrorKind {
  std::uint16_t number;
  std::string_view name;
  std::string_view advice;
};

// One failure: its kind, and what happened to which thing. Compared by kind.
class Error {
 public:
  Error(const ErrorKind& kind, std::string detail) : kind_(&kind), detail_(std::move(detail)) {}

  const ErrorKind& kind() const { return *kind_; }
  const std::string& detail() const { return detail_; }
  bool is(const ErrorKind& kind) const { return kind_->number == kind.number; }

  // "M1501 bad-signature: policy header of device ...". Advice is not part of it.
  std::string text() const {
    return fmt::format("M{} {}: {}", kind_->number, kind_->name, detail_);
  }
  // text() and the advice, for people.
  std::string text_with_advice() const { return fmt::format("{}. {}", text(), kind_->advice); }

  // Adds the noun that only the caller knows: "reading FILE: ...".
  Error in(std::string_view context) && {
    detail_ = fmt::format("{}: {}", context, detail_);
    return std::move(*this);
  }

 private:
  const ErrorKind* kind_;
  std::string detail_;
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Failure = tl::unexpected<Error>;

template <typename... Args>
[[nodiscard]] Failure fail(const ErrorKind& kind, fmt::format_string<Args...> format,
                           Args&&... args) {
  return Failure(Error(kind, fmt::format(format, std::forward<Args>(args)...)));
}
[[nodiscard]] inline Failure fail(Error error) { return Failure(std::move(error)); }

// What TRY hands on: the value, or nothing for Result<void>.
template <typename T>
T value_of(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace muster

// `auto x = TRY(f());` takes the value or returns the error from the enclosing function.
#define TRY(expression)                                        \
  ({                                                           \
    auto&& try_result = (expression);                          \
    if (!try_result.has_value()) [[unlikely]]                  \
      return ::muster::Failure(std::move(try_result).error()); \
    ::muster::value_of(std::move(try_result));                 \
  })

// The same, and the error says what was being done: TRY_IN(parse(text), "reading {}", path).
#define TRY_IN(expression, ...)                                                             \
  ({                                                                                        \
    auto&& try_result = (expression);                                                       \
    if (!try_result.has_value()) [[unlikely]]                                               \
      return ::muster::Failure(std::move(try_result).error().in(fmt::format(__VA_ARGS__))); \
    ::muster::value_of(std::move(try_result));                                              \
  })
