// The client's parts put together: what is due, in which order, and what one part tells another.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/settings.h"
#include "contract/public_documents.h"
#include "contract/site_config.h"
#include "contract/status_report.h"
#include "model/status_ids.h"
#include "roles/client/assignment/assignment.h"
#include "roles/client/assignment/point_choice.h"
#include "roles/client/enrolment/identity.h"
#include "roles/client/inventory/class_schedule.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/report_builder.h"
#include "roles/client/notices/notice_board.h"
#include "roles/client/notices/pending_restart.h"
#include "roles/client/nudge_hold.h"
#include "roles/client/platform/control_port.h"
#include "roles/client/platform/execution_host.h"
#include "roles/client/platform/user_presence.h"
#include "roles/client/policy/policy_keeper.h"
#include "roles/client/retry_timer.h"
#include "roles/client/site_link.h"
#include "roles/client/software/user_requests.h"
#include "roles/client/status/fallback_reporter.h"
#include "roles/client/status/outbox.h"

namespace muster::client {

class Agent {
 public:
  static Result<std::unique_ptr<Agent>> open(const contract::ClientConfig& config,
                                             const Clock& clock, Random& random,
                                             const std::atomic<bool>& stop);

  // Does what is due; returns when there is nothing to do before the given moment.
  Result<Timestamp> step();
  // Whether a command of this machine waits for the next step.
  bool is_asked() const { return control_ && control_->waiting(); }
  // Answers what users of this machine ask, outside of steps: they are many, and strangers to each
  // other. Whether there is something to do now.
  bool serve_users();
  // Sleeps, until a nudge comes at the latest; whether there is something to do now.
  bool wait(Duration time);
  // Somebody wants the client to look for its site anew: step() shall come at once.
  bool reassignment_asked() const;

 private:
  Agent(const contract::ClientConfig& config, Settings settings, const Clock& clock, Random& random,
        const std::atomic<bool>& stop);
  Result<void> open_parts();
  Result<void> open_execution();
  Result<std::optional<net::Proxy>> proxy() const;

  // A clock that was set back must not make the client wait for the time that it showed before.
  void follow_clock();

  // The site (agent_assignment.cc).
  void open_assignment();
  bool finds_its_site() const;
  bool has_site() const;
  std::string management_point() const;
  void assign(Timestamp now);
  Result<Assignment> try_assign(Timestamp now);
  Result<Assignment> assign_by(const std::string& locator_point, Timestamp now);
  void ask_locators_again(Timestamp now);
  Result<void> try_ask_locators_again(Timestamp now);
  void reassign(Timestamp now);
  Result<void> try_reassign(Timestamp now);
  void note_contact(const Result<void>& made, Timestamp now);
  void choose_point();
  void follow_choice(Timestamp now);
  Result<void> try_follow_choice(const std::string& wanted);

  // The site's management points (agent_points.cc).
  SiteLinkSettings link_settings(hosting::PinnedCa ca) const;
  void load_points();
  void refresh_points(Timestamp now);
  Result<void> try_refresh_points();
  Result<contract::ManagementPointList> verified_points(ByteView document);
  Result<void> follow_points();
  Result<contract::EnvelopeKeyDocument> check_envelope_key(ByteView document);

  // Enrolment and renewal (agent_enrolment.cc).
  Result<void> prepare_link();
  void enrol(Timestamp now);
  Result<void> try_enrol();
  void renew(Timestamp now);
  Result<void> try_renew();
  Result<Bytes> root_sha256() const;

  // Policy (agent_policy.cc).
  void poll_policy(Timestamp now);
  Result<void> try_poll();
  void follow_policy();
  void report_refusals();
  void report_conflicts();

  // Nudges (agent_nudge.cc).
  void wait_for_nudge(Timestamp now);
  void take_nudge(Timestamp now);
  void look(const std::vector<std::string>& cycles, Timestamp at);
  // In [0, 1): spreads clients that fail together.
  double jitter() const;

  // Inventory (agent_inventory.cc).
  void follow_classes(Timestamp now);
  std::vector<TrustedClass> with_local(std::vector<TrustedClass> classes);
  Result<Inventory> collect_now(const ClassFilter& wanted, const SoftwareFileRules* files);
  void send_inventory(Timestamp now);
  Result<void> try_inventory(Timestamp now);
  ReportBuilder stored_inventory() const;
  enum class Extent { Due, All };
  Result<std::vector<model::ClassRows>> collect_classes(Extent extent, Timestamp now,
                                                        ClassSchedule& schedule);
  InventoryIntervals inventory_intervals() const;
  Result<void> try_heartbeat(Timestamp now);

  // Copies of files (agent_files.cc).
  void follow_file_collections(Timestamp now);
  FileMemory stored_file_memory() const;
  FileRules file_rules() const;
  Timestamp next_look(const TrustedFiles& files, Timestamp now) const;
  Result<FoundFiles> try_files(Timestamp now);
  void send_files(Timestamp now);

  // Reports (agent_reports.cc).
  void send_heartbeat(Timestamp now);
  void queue_status(const contract::StatusReport& report);
  void queue_deployment_report(const DeploymentReport& report);
  void flush_outbox(Timestamp now);
  Result<bool> send_next();

  // Commands (agent_control.cc).
  contract::ControlAnswer answer(const contract::ControlRequest& request);
  contract::ControlAnswer tell_status() const;
  using Shown = std::function<bool(const VerifiedDeployment&)>;
  contract::ControlAnswer tell_software(const Shown& shown) const;
  contract::ControlAnswer tell_policy() const;
  contract::ControlAnswer tell_cache() const;
  Result<contract::ControlAnswer> install(const std::string& name);
  Result<contract::ControlAnswer> trigger(const std::string& cycle);
  RetryTimer* cycle_timer(std::string_view cycle);  // null: there is no such cycle
  void start_cycle(RetryTimer& timer, Timestamp at);

  // Users (agent_notices.cc).
  Result<void> open_notices();
  void look_after_notices();
  // What is done between other things and beside a long one: commands on this machine, and its
  // users, programs and notices.
  void serve_commands();
  void look_after_machine();
  std::vector<Expected> expected_notices(Timestamp now);
  std::optional<Expected> expected_restart(Timestamp now);
  void follow(const NoticeActions& actions);
  bool may_restart() const;
  // Who wants a restart: its notice, a user of this machine, or whoever runs it.
  enum class Asker { Notice, User, Administrator };
  Result<void> check_restart(Asker asker) const;
  void restart_machine(Timestamp now);
  void report_restart(unsigned status_id, const std::string& detail, std::optional<Timestamp> next);
  Moment moment() const { return {clock_.now(), clock_.steady()}; }
  NoticeBoard::Users users() const;
  // Without a user's name: whoever runs this machine.
  contract::ControlAnswer tell_notices(const std::optional<std::string>& user) const;
  Result<contract::ControlAnswer> answer_notice(const contract::ControlRequest& request,
                                                const std::optional<std::string>& user);

  // Users who do not run the machine (agent_users.cc).
  Result<contract::ControlAnswer> try_answer_user(const contract::ControlRequest& request,
                                                  std::uint32_t user);
  contract::ControlAnswer tell_offered() const;
  Result<contract::ControlAnswer> install_offered(const std::string& name);
  Result<contract::ControlAnswer> install_for_user(const std::string& name, std::uint32_t user);

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
  std::unique_ptr<FallbackReporter> fallback_;
  std::optional<Assignment> assignment_;
  std::optional<contract::ManagementPointList> points_;
  PointChoice choice_;
  ListTrust list_trust_ = ListTrust::Good;
  std::map<std::string, Timestamp> envelope_keys_;  // per management point, the newest one's issue
  Bytes last_poll_;                                 // its nonce
  std::string last_spoke_to_;
  std::string asked_site_code_;  // "P01", "AUTO" or empty
  std::optional<ContentCache> cache_;
  std::unique_ptr<ExecutionHost> execution_;
  UserPresence presence_;
  std::optional<Error> refused_request_;
  std::vector<TrustedClass> classes_;
  model::Schema schema_;
  ClassSchedule class_schedule_;
  InventoryIntervals followed_intervals_;
  model::RowSetDigest reported_;  // the digest that the site has, or will have
  std::vector<TrustedFiles> file_collections_;
  std::map<std::string, Timestamp> files_looked_at_;  // by collection
  std::string host_name_;

  std::deque<Deployment> downloads_;
  std::deque<ExecutionKey> reports_taken_;
  std::set<std::string> told_refusals_;
  std::string told_conflicts_;
  bool linked_ = false;
  std::optional<Moment> last_step_;

  UserPresencePlaces places_;
  NoticeBoard board_;
  std::optional<RestartKeeper> restart_;
  std::optional<Duration> restart_tried_;  // by the steady clock
  std::set<std::string> restart_told_;
  bool user_asked_ = false;
  UserRequests user_requests_;
  std::unique_ptr<ControlPort> control_, user_port_;
  RetryTimer enrolment_, renewal_, poll_, inventory_timer_, heartbeat_, outbox_timer_, files_timer_;
  RetryTimer assignment_timer_, reassignment_timer_, points_timer_, locators_, content_timer_;
  bool polled_ = false;        // the last poll succeeded
  std::string answered_etag_;  // of the policy that it was answered, taken or refused
  NudgeHold nudge_;
};

}  // namespace muster::client
