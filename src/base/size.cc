#include "base/size.h"

#include <charconv>

#include "base/errors.h"

namespace muster {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};

// Largest first, so that to_text_size takes the first that divides.
constexpr Unit kUnits[] = {
    {"TiB", 1ull << 40},
    {"TB", 1'000'000'000'000},
    {"GiB", 1ull << 30},
    {"GB", 1'000'000'000},
    {"MiB", 1ull << 20},
    {"MB", 1'000'000},
    {"KiB", 1ull << 10},
    {"KB", 1000},
    {"B", 1},
};

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto bad = [&] {
    return fail(kBadEncoding, "'{}' is not a size such as 5 GB", text.substr(0, 40));
  };
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return bad();
  std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  if (unit.empty()) return number;
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const Unit& each : kUnits) {
    if (each.name != unit) continue;
    if (number > UINT64_MAX / each.bytes) return bad();
    return number * each.bytes;
  }
  return bad();
}

std::string to_text_size(std::uint64_t size_bytes) {
  for (const Unit& each : kUnits)
    if (size_bytes >= each.bytes && size_bytes % each.bytes == 0)
      return fmt::format("{} {}", size_bytes / each.bytes, each.name);
  return "0 B";
}

}  // namespace muster
