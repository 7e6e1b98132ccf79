#include "contract/objects/errors.h"
#include "contract/objects/specs.h"

namespace muster::contract {

using wire::NodeAt;
using wire::NodeFields;

Result<model::Schedule> read_schedule(const NodeAt& at, const NodeFields& fields) {
  const std::string first = TRY(fields.text("start"));
  const auto repeat = TRY(fields.optional_text("repeat"));
  return TRY_IN(model::parse_schedule(first, repeat.value_or("")), "{}", at.where());
}

void write_schedule(wire::Node& node, const model::Schedule& schedule) {
  node.set("start", wire::text_node(model::first_text(schedule)));
  if (!schedule.repeat.empty()) node.set("repeat", wire::text_node(schedule.repeat));
}

Result<std::vector<model::MaintenanceWindow>> read_windows(const NodeAt& field) {
  const auto items = TRY(field.items());
  if (items.size() > model::kMostWindows)
    return field.failure(kObjectField, "has {} windows, {} are allowed", items.size(),
                         model::kMostWindows);
  std::vector<model::MaintenanceWindow> windows;
  for (const NodeAt& item : items) {
    const auto fields = TRY(NodeFields::open(item, {"name", "start", "repeat", "duration"}));
    model::MaintenanceWindow window;
    window.name = TRY(name_of(TRY(fields.required("name"))));
    for (const auto& earlier : windows)
      if (earlier.name == window.name)
        return item.failure(kObjectField, "has the name '{}' of an earlier one", window.name);
    window.schedule = TRY(read_schedule(item, fields));
    const NodeAt duration = TRY(fields.required("duration"));
    window.duration = TRY_IN(parse_duration(TRY(duration.text())), "{}", duration.where());
    TRY_IN(model::check_window(window), "{}", duration.where());
    windows.push_back(std::move(window));
  }
  return windows;
}

wire::Node windows_node(const std::vector<model::MaintenanceWindow>& windows) {
  wire::Node node = wire::sequence_node();
  for (const model::MaintenanceWindow& window : windows) {
    wire::Node& item = node.items.emplace_back(wire::mapping_node());
    item.set("name", wire::text_node(window.name));
    write_schedule(item, window.schedule);
    item.set("duration", wire::text_node(to_text(window.duration)));
  }
  return node;
}

}  // namespace muster::contract
