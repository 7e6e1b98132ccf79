// Class NetworkAdapter: /sys/class/net without the loopback.
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

// linux/if_arp.h.
constexpr std::int64_t kEthernet = 1;
constexpr std::int64_t kLoopback = 772;

std::optional<std::int64_t> number_in(const Source& source, const std::string& path) {
  const auto text = read_fact(source, path);
  return text ? to_number(*text) : std::nullopt;
}

// The host's end of a container's link comes and goes with the container.
bool is_container_link(const Source& source, const std::string& folder) {
  if (source.exists(folder + "/device") || !source.exists(folder + "/master")) return false;
  if (source.exists(folder + "/bridge") || source.exists(folder + "/tun_flags")) return false;
  const auto event = source.read(folder + "/uevent");
  if (event && event->find("DEVTYPE=") != std::string::npos) return false;
  return number_in(source, folder + "/iflink") != number_in(source, folder + "/ifindex");
}

std::string_view adapter_type(const Source& source, const std::string& folder,
                              std::int64_t hardware) {
  if (source.exists(folder + "/wireless") || source.exists(folder + "/phy80211")) return "Wireless";
  if (source.exists(folder + "/bridge")) return "Bridge";
  if (hardware != kEthernet || source.exists(folder + "/tun_flags")) return "Tunnel";
  return source.exists(folder + "/device") ? "Ethernet" : "Virtual";
}

std::string_view link_state(const Source& source, const std::string& folder) {
  const auto state = read_fact(source, folder + "/operstate");
  if (!state) return "";
  // Drivers that do not report a state still tell whether there is a carrier.
  if (*state == "unknown") return number_in(source, folder + "/carrier") == 1 ? "Up" : "Down";
  return *state == "up" ? "Up" : "Down";
}

std::string driver_of(const Source& source, const std::string& folder) {
  const auto target = source.link_target(folder + "/device/driver");
  return target ? target->substr(target->rfind('/') + 1) : std::string();
}

}  // namespace

Result<Collected> collect_network_adapter(const Source& source) {
  Collected out;
  const auto names = source.list("/sys/class/net");
  if (!names) return out;
  for (const std::string& name : *names) {
    const std::string folder = "/sys/class/net/" + name;
    const auto hardware = number_in(source, folder + "/type");
    // Bonding keeps a settings file beside the adapters; it has no type.
    if (!hardware || *hardware == kLoopback || is_container_link(source, folder)) continue;
    RowBuilder row("NetworkAdapter");
    row.text("Name", name).text("Type", adapter_type(source, folder, *hardware));
    row.text("Driver", driver_of(source, folder));
    const std::string address = read_fact(source, folder + "/address").value_or("");
    if (address.find_first_not_of("0:") != std::string::npos) row.text("MacAddress", address);
    // An adapter that is down has no speed, or -1.
    const auto speed = number_in(source, folder + "/speed");
    if (speed && *speed > 0) row.number("SpeedMbps", *speed);
    row.number("MTU", number_in(source, folder + "/mtu"));
    row.text("State", link_state(source, folder));
    out.rows.push_back(std::move(row).take());
    if (out.rows.size() >= model::kMostRowsPerClass) break;
  }
  return out;
}

}  // namespace muster::client
