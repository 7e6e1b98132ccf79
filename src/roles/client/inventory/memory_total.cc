#include "roles/client/inventory/memory_total.h"

#include "roles/client/inventory/text.h"

namespace muster::client {

std::optional<std::int64_t> total_memory_mb(const Source& source) {
  const auto info = source.read("/proc/meminfo");
  if (!info) return std::nullopt;
  std::string_view rest = *info;
  for (std::string_view line; next_line(rest, line);) {
    const auto words = fields(line);
    if (words.size() != 3 || words[0] != "MemTotal:" || words[2] != "kB") continue;
    const auto kib = to_number(words[1]);
    return kib && *kib >= 0 ? std::optional(*kib / 1024) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace muster::client
