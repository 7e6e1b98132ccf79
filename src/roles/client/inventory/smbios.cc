#include "roles/client/inventory/smbios.h"

#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::size_t kMostStructures = 10'000;
constexpr std::uint8_t kEndOfTable = 127;

std::uint8_t byte_at(ByteView bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

// The strings behind a formatted area: each ends in a zero byte, the set in one more. Returns the
// length, or nothing when the end is missing.
std::optional<std::size_t> read_strings(ByteView rest, std::vector<ByteView>& out) {
  if (rest.size() >= 2 && rest[0] == '\0' && rest[1] == '\0') return 2;
  std::size_t at = 0;
  while (at < rest.size() && rest[at] != '\0') {
    const std::size_t end = rest.find('\0', at);
    if (end == ByteView::npos) return std::nullopt;
    out.push_back(rest.substr(at, end - at));
    at = end + 1;
  }
  return at < rest.size() ? std::optional(at + 1) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> SmbiosStructure::number(std::size_t offset, std::size_t width) const {
  if (formatted.size() < offset + width) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) value = value * 256 + byte_at(formatted, offset + i - 1);
  return value;
}

std::string SmbiosStructure::string(std::size_t offset) const {
  const auto index = number(offset, 1);
  if (!index || *index == 0 || *index > strings.size()) return {};
  return std::string(trimmed(strings[*index - 1]));
}

std::vector<SmbiosStructure> parse_smbios(ByteView table) {
  std::vector<SmbiosStructure> out;
  while (table.size() >= 4 && out.size() < kMostStructures) {
    SmbiosStructure structure;
    structure.type = byte_at(table, 0);
    const std::size_t length = byte_at(table, 1);
    if (length < 4 || length > table.size()) break;
    structure.formatted = table.substr(0, length);
    const auto strings = read_strings(table.substr(length), structure.strings);
    if (!strings) break;
    table.remove_prefix(length + *strings);
    if (structure.type == kEndOfTable) break;
    out.push_back(std::move(structure));
  }
  return out;
}

}  // namespace muster::client
