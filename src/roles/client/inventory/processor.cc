// Class Processor: /proc/cpuinfo, one row per kind of processor.
#include <map>
#include <set>

#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

struct Kind {
  std::string maker;
  std::set<std::string> sockets;
  std::set<std::pair<std::string, std::string>> cores;
  std::int64_t threads = 0;
  std::optional<std::int64_t> max_mhz;
};

using Block = std::map<std::string, std::string, std::less<>>;

std::string value_of(const Block& block, std::string_view name) {
  const auto it = block.find(name);
  return it == block.end() ? std::string() : it->second;
}

// "Intel(R) Xeon(R) Processor @ 2.50GHz": the maker's rate, where the kernel names no limit.
std::optional<std::int64_t> mhz_in_name(std::string_view name) {
  const std::size_t at = name.rfind("@ ");
  if (at == std::string_view::npos || !name.ends_with("GHz")) return std::nullopt;
  const std::string_view rate = name.substr(at + 2, name.size() - at - 5);
  const std::size_t point = rate.find('.');
  const auto whole = to_number(rate.substr(0, point));
  std::string part(point == std::string_view::npos ? "" : rate.substr(point + 1));
  part.resize(3, '0');
  const auto thousandths = to_number(part);
  if (!whole || !thousandths || *whole < 0 || *whole > 1000) return std::nullopt;
  return *whole * 1000 + *thousandths;
}

std::optional<std::int64_t> max_mhz(const Source& source, const std::string& processor,
                                    std::string_view name) {
  const auto text =
      read_fact(source, "/sys/devices/system/cpu/cpu" + processor + "/cpufreq/cpuinfo_max_freq");
  const auto khz = text ? to_number(*text) : std::nullopt;
  return khz ? std::optional(*khz / 1000) : mhz_in_name(name);
}

void add_block(const Source& source, const Block& block, std::map<std::string, Kind>& kinds) {
  const std::string number = value_of(block, "processor");
  if (!to_number(number)) return;  // a summary, such as ARM's "Hardware" block
  const std::string name = value_of(block, "model name");
  const auto [it, is_new] = kinds.try_emplace(name);
  Kind& kind = it->second;
  if (is_new) {
    kind.maker = value_of(block, "vendor_id");
    kind.max_mhz = max_mhz(source, number, name);
  }
  const std::string socket = value_of(block, "physical id");
  const std::string core = value_of(block, "core id");
  if (!socket.empty()) kind.sockets.insert(socket);
  if (!core.empty()) kind.cores.emplace(socket, core);
  ++kind.threads;
}

std::optional<std::int64_t> count(std::size_t number) {
  return number == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(number));
}

}  // namespace

Result<Collected> collect_processor(const Source& source) {
  Collected out;
  const auto info = source.read("/proc/cpuinfo", 16 * kFactLimit);
  if (!info) return out;  // a tree without /proc has none to show
  std::map<std::string, Kind> kinds;
  Block block;
  std::string_view rest = *info;
  for (std::string_view line; next_line(rest, line);) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      block[std::string(trimmed(line.substr(0, colon)))] = trimmed(line.substr(colon + 1));
    } else if (trimmed(line).empty()) {
      add_block(source, block, kinds);
      block.clear();
    }
  }
  add_block(source, block, kinds);
  auto architecture = read_fact(source, "/proc/sys/kernel/arch");
  if (!architecture) architecture = source.machine();
  for (const auto& [name, kind] : kinds) {
    RowBuilder row("Processor");
    row.text("Name", name).text("Manufacturer", kind.maker);
    row.text("Architecture", architecture.value_or(""));
    row.number("Sockets", count(kind.sockets.size()));
    row.number("Cores", count(kind.cores.size()));
    row.number("Threads", kind.threads);
    row.number("MaxMHz", kind.max_mhz);
    out.rows.push_back(std::move(row).take());
  }
  return out;
}

}  // namespace muster::client
