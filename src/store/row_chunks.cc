#include "store/row_chunks.h"

#include <fmt/format.h>

namespace muster::store {

std::string placeholder_rows(std::size_t rows, std::size_t width,
                             const std::vector<std::string>& types) {
  std::string out;
  for (std::size_t i = 0; i < rows * width; ++i) {
    const std::size_t column = i % width;
    out += column != 0 ? ", " : i == 0 ? "(" : "), (";
    out += types.empty() ? fmt::format("${}", i + 1)
                         : fmt::format("CAST(${} AS {})", i + 1, types[column]);
  }
  return out + ")";
}

std::string placeholders(std::size_t first, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += fmt::format("{}${}", i == 0 ? "" : ", ", first + i);
  return out;
}

Param param_of(const Value& value) {
  return std::visit(
      [](const auto& each) -> Param {
        if constexpr (std::is_same_v<std::decay_t<decltype(each)>, std::monostate>)
          return std::nullopt;
        else
          return each;
      },
      value);
}

}  // namespace muster::store
