#include "roles/client/client.h"

#include <algorithm>

#include "base/log.h"
#include "base/os/memory.h"
#include "base/settings_tables.h"
#include "base/version.h"
#include "contract/inventory_report.h"
#include "roles/client/agent.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/report_builder.h"
#include "roles/client/inventory/software_files.h"
#include "roles/client/platform/root_source.h"
#include "roles/client/platform/supervisor.h"

namespace muster::client {
namespace {
constexpr Duration kStopCheck = std::chrono::milliseconds(250);
// From here on it is worth to give memory back before waiting.
constexpr Duration kLongWait = std::chrono::seconds(1);
}  // namespace

Result<void> run_client(const contract::ClientConfig& config, const Clock& clock, Random& random,
                        const std::atomic<bool>& stop) {
  auto agent = TRY(Agent::open(config, clock, random, stop));
  log::info("client.started", "the client runs");
  while (!stop) {
    const Timestamp next = TRY(agent->step());
    const Duration wait = next - clock.now();
    const Duration end = clock.steady() + wait;
    if (wait >= kLongWait) os::release_idle_memory();
    while (!stop && !agent->reassignment_asked()) {
      // Of two clocks the first: one that is set back meanwhile makes nobody wait longer.
      const Duration left = std::min(next - clock.now(), end - clock.steady());
      if (left <= Duration(0) || agent->is_asked() || agent->serve_users()) break;
      if (agent->wait(std::min(left, kStopCheck))) break;
    }
  }
  log::info("client.stopped", "the client ends");
  return {};
}

Result<Bytes> describe_inventory(const char* root, std::string_view file_folders,
                                 const Clock& clock) {
  Settings settings({client_settings()});
  TRY(settings.set("software_files.roots", file_folders));
  const SoftwareFileRules files = TRY(software_file_rules(settings));
  Inventory collected = collect_inventory(TRY(RootSource::open(root)), kVersion, {}, &files);
  for (const Error& error : collected.errors)
    log::failure(log::Level::Warning, "inventory.class.failed", error);
  InventoryReport decided = ReportBuilder(model::Schema()).decide(std::move(collected.classes));
  contract::InventoryReport report;
  report.kind = contract::InventoryReport::Kind::Full;
  report.collected = clock.now();
  report.digest = decided.current;
  report.rows = std::move(decided.added);
  return contract::encode_inventory_report(report);
}

int supervise_program(const char* run_folder, const Clock& clock) {
  return supervise(run_folder, clock);
}

}  // namespace muster::client
