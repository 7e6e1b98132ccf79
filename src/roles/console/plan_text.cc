#include "roles/console/plan_text.h"

#include <array>

#include "roles/console/object_files.h"
#include "roles/console/output.h"

namespace muster::console {
namespace {

std::string value_text(const std::string& json) {
  return json.empty() ? "(absent)" : printable(json);
}

std::string counts_text(const std::vector<contract::CountedName>& counts) {
  std::string out;
  for (const auto& each : counts)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", each.devices, printable(each.name));
  return out;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"bytes", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string plan_line(const contract::PlanItem& item) {
  return fmt::format("{} {} {}", to_text(item.action), lower_kind(item.kind), printable(item.name));
}

std::string change_lines(const contract::PlanItem& item) {
  std::string out;
  for (const auto& change : item.changes)
    out += fmt::format("  {}: {} -> {}\n", printable(change.path), value_text(change.before),
                       value_text(change.after));
  return out;
}

std::string impact_lines(const contract::PlanItem& item) {
  if (!item.impact) return {};
  const contract::Impact& impact = *item.impact;
  std::string out =
      fmt::format("  hits {} device{}", impact.devices, impact.devices == 1 ? "" : "s");
  if (!impact.systems.empty()) out += ": " + counts_text(impact.systems);
  out += '\n';
  if (impact.succeeded > 0)
    out += fmt::format("  of them, it succeeded before on {}\n", impact.succeeded);
  if (!impact.exclusions.empty())
    out += fmt::format("  not hit: {}\n", counts_text(impact.exclusions));
  out += fmt::format("  offline now: {} (no contact for {})\n", impact.offline,
                     to_text(impact.offline_after));
  out += fmt::format("  content: {} a device, {} in all\n", size_text(impact.bytes_per_device),
                     size_text(impact.bytes));
  std::string sample;
  for (const std::string& name : impact.sample)
    sample += (sample.empty() ? "" : ", ") + printable(name);
  if (!sample.empty()) out += fmt::format("  such as {}\n", sample);
  return out;
}

}  // namespace muster::console
