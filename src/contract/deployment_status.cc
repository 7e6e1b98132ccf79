#include "contract/deployment_status.h"

#include <array>

#include "wire/json.h"

namespace muster::contract {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kColumns = {{
    {"STATE", "state"},
    {"DEVICE", "device"},
    {"SINCE", "at"},
    {"VERSION", "packageVersion"},
    {"EXIT CODE", "exitCode"},
    {"NEXT", "next"},
    {"CAUSE", "detail"},
}};

}  // namespace

void add_state_count(wire::Node& status, std::string_view key, std::int64_t devices) {
  status.set(std::string(key), wire::integer_node(devices));
}

Bytes encode_deployment_device(const DeploymentDeviceView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("device").string(view.device);
  w.key("state").string(view.state);
  if (view.at) w.key("at").string(to_text(*view.at));
  if (!view.package_version.empty()) w.key("packageVersion").string(view.package_version);
  if (view.exit_code) w.key("exitCode").number(*view.exit_code);
  if (!view.detail.empty()) w.key("detail").string(view.detail);
  if (view.next) w.key("next").string(to_text(*view.next));
  w.end();
  return std::move(w).take();
}

std::vector<std::string> deployment_device_headings() {
  std::vector<std::string> out;
  for (const auto& [heading, key] : kColumns) out.emplace_back(heading);
  return out;
}

std::vector<std::string> deployment_device_row(const wire::Node& item) {
  std::vector<std::string> out;
  for (const auto& [heading, key] : kColumns) {
    const wire::Node* value = item.find(key);
    out.push_back(value ? value->text : "");
  }
  return out;
}

}  // namespace muster::contract
