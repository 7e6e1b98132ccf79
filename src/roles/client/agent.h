// The client's parts put together: what is due, in which order, and what one part tells another.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <set>

#include "base/settings.h"
#include "contract/site_config.h"
#include "contract/status_report.h"
#include "model/status_ids.h"
#include "roles/client/enrolment/identity.h"
#include "roles/client/inventory/class_schedule.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/report_builder.h"
#include "roles/client/platform/execution_host.h"
#include "roles/client/policy/policy_keeper.h"
#include "roles/client/retry_timer.h"
#include "roles/client/site_link.h"
#include "roles/client/status/outbox.h"

namespace muster::client {

class Agent {
 public:
  static Result<std::unique_ptr<Agent>> open(const contract::ClientConfig& config,
                                             const Clock& clock, Random& random,
                                             const std::atomic<bool>& stop);

  // Does what is due; returns when there is nothing to do before the given moment.
  Result<Timestamp> step();

 private:
  Agent(const contract::ClientConfig& config, Settings settings, const Clock& clock, Random& random,
        const std::atomic<bool>& stop);
  Result<void> open_parts();
  Result<void> open_execution();

  // Enrolment and renewal (agent_enrolment.cc).
  Result<void> prepare_link();
  void enrol(Timestamp now);
  Result<void> try_enrol();
  void renew(Timestamp now);
  Result<void> try_renew();
  Result<void> check_leaf(const trust::Certificate& leaf, const trust::EcdsaKey& key) const;
  Result<Bytes> device_request(const trust::EcdsaKey& key) const;

  // Policy (agent_policy.cc).
  void poll_policy(Timestamp now);
  Result<void> try_poll();
  void follow_policy();
  void report_refusals();

  // Reports (agent_reports.cc).
  void send_inventory(Timestamp now);
  Result<void> try_inventory(Timestamp now);
  ReportBuilder stored_inventory() const;
  enum class Extent { Due, All };
  Result<std::vector<model::ClassRows>> collect_classes(Extent extent, Timestamp now);
  InventoryIntervals inventory_intervals() const;
  void send_heartbeat(Timestamp now);
  Result<void> try_heartbeat(Timestamp now);
  void queue_status(const contract::StatusReport& report);
  void queue_deployment_report(const DeploymentReport& report);
  void flush_outbox(Timestamp now);
  Result<bool> send_next();

  // Content (agent_content.cc).
  void fetch_due_content();
  Result<void> fetch_file(const std::string& folder, const ContentFile& file);

  const contract::ClientConfig config_;
  Settings settings_;
  const Clock& clock_;
  Random& random_;
  const std::atomic<bool>& stop_;

  std::optional<Identity> identity_;
  std::unique_ptr<SiteLink> link_;
  std::optional<PolicyKeeper> policy_;
  std::optional<Outbox> outbox_;
  std::optional<ContentCache> cache_;
  std::unique_ptr<ExecutionHost> execution_;
  ClassSchedule class_schedule_;
  InventoryIntervals followed_intervals_;
  model::RowSetDigest reported_;  // the digest that the site has, or will have
  std::string host_name_;

  std::deque<Deployment> downloads_;
  std::deque<ExecutionKey> reports_taken_;
  std::set<std::string> told_refusals_;
  bool linked_ = false;

  RetryTimer enrolment_, renewal_, poll_, inventory_timer_, heartbeat_, outbox_timer_;
};

}  // namespace muster::client
