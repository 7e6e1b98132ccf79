#include "model/inventory_intervals.h"

#include "base/errors.h"
#include "base/nearest.h"
#include "model/inventory.h"

namespace muster::model {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

Failure unknown_class(std::string_view name) {
  std::vector<std::string_view> known;
  for (const InventoryClass& type : inventory_classes())
    if (type.origin == Origin::Client) known.push_back(type.name);
  const auto close = nearest(name, known);
  return fail(kBadSetting, "inventory.intervals: there is no class '{}'{}", name.substr(0, 60),
              close.empty() ? std::string() : fmt::format("; did you mean '{}'?", close));
}

}  // namespace

Result<ClassIntervals> parse_class_intervals(std::string_view text) {
  ClassIntervals out;
  if (trimmed(text).empty()) return out;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = trimmed(rest.substr(0, comma));
    const std::size_t blank = item.find(' ');
    const std::string_view name = item.substr(0, blank);
    const InventoryClass* type = find_inventory_class(name);
    if (type == nullptr || type->origin != Origin::Client) return unknown_class(name);
    if (blank == std::string_view::npos)
      return fail(kBadSetting, "inventory.intervals: '{}' has no interval; write '{} PT12H'", name,
                  name);
    const auto interval =
        TRY_IN(parse_duration(trimmed(item.substr(blank))), "inventory.intervals: {}", name);
    if (interval < kShortestClassInterval || interval > kLongestClassInterval)
      return fail(kBadSetting, "inventory.intervals: {}: PT1H to P90D are possible", name);
    if (!out.emplace(name, interval).second)
      return fail(kBadSetting, "inventory.intervals: '{}' stands twice", name);
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace muster::model
