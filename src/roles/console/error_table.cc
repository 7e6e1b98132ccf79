#include "roles/console/error_table.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace muster::console {
namespace {

constexpr std::string_view kPage =
#include <generated/errors.inc>
    ;

// "| M2407 | name | folder | advice |"
std::optional<ErrorEntry> entry_of(std::string_view line) {
  std::array<std::string_view, 4> cells;
  std::size_t count = 0;
  for (; count < cells.size() && line.starts_with("| "); ++count) {
    line.remove_prefix(2);
    const std::size_t end = line.find(" |");
    if (end == std::string_view::npos) return std::nullopt;
    cells[count] = line.substr(0, end);
    line.remove_prefix(end + 1);
  }
  ErrorEntry entry;
  if (count != cells.size() || !cells[0].starts_with('M')) return std::nullopt;
  std::from_chars(cells[0].data() + 1, cells[0].data() + cells[0].size(), entry.number);
  entry.name = cells[1];
  entry.folder = cells[2];
  entry.advice = cells[3];
  return entry;
}

}  // namespace

std::optional<ErrorEntry> find_error(std::string_view number) {
  if (number.starts_with('M')) number.remove_prefix(1);
  unsigned wanted = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), wanted);
  if (error != std::errc() || stop != number.data() + number.size()) return std::nullopt;
  const std::size_t at = kPage.find(fmt::format("\n| M{} |", wanted));
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view line = kPage.substr(at + 1);
  return entry_of(line.substr(0, line.find('\n')));
}

std::string to_text(const ErrorEntry& entry) {
  return fmt::format("M{} {} ({}): {}", entry.number, entry.name, entry.folder, entry.advice);
}

std::optional<ErrorEntry> error_named_in(std::string_view text) {
  for (std::size_t at = text.find('M'); at != std::string_view::npos; at = text.find('M', at + 1)) {
    const auto digits = text.substr(at + 1, 4);
    if (digits.size() == 4 && digits.find_first_not_of("0123456789") == std::string_view::npos)
      if (auto entry = find_error(digits)) return entry;
  }
  return std::nullopt;
}

}  // namespace muster::console
