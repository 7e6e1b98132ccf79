#include "tests/client/machine_driver.h"

#include <gtest/gtest.h>

#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

template <typename... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <typename... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

}  // namespace

MachineDriver::MachineDriver() {
  settings.privileged = true;
  restart("boot-1");
}

Deployment MachineDriver::deployment() {
  Deployment out;
  out.key = {"P01-00001A", "editor", "1.0"};
  out.program.name = "install";
  out.program.run_as = RunAs::User;
  out.program.max_runtime = std::chrono::hours(12);
  out.program.reboot_codes.clear();
  out.program.argv = {"./install.sh", "--quiet"};
  out.files = {{"install.sh", 0755, 3, std::string(64, 'a')}};
  return out;
}

void MachineDriver::on(const ExecutionEvent& event) { carry_out(machine->on(event, now)); }

void MachineDriver::policy(std::vector<Deployment> deployments,
                           std::vector<model::MaintenanceWindow> windows) {
  on(PolicyArrived{std::move(deployments), now + std::chrono::hours(24 * 30), std::move(windows)});
}

void MachineDriver::pass(Duration time) {
  now = now + time;
  on(TimePassed{});
}

void MachineDriver::run_until_started() {
  policy({deployment()});
  on(DownloadDone{key()});
  ASSERT_EQ(phase(), Phase::Running);
}

void MachineDriver::restart(std::string boot) {
  Bytes bytes;
  for (const ExecutionRecord& record : log) bytes += encode_record(record);
  const auto replay = replay_log(bytes);
  ASSERT_TRUE(replay) << replay.error().text();
  reports.clear();
  sought.clear();
  downloads = starts = removed_runs = expiries = discards = 0;
  settings.boot = std::move(boot);
  machine = std::make_unique<ExecutionMachine>(settings, compact_records(replay->records));
  carry_out(machine->start(now));
}

Phase MachineDriver::phase(const ExecutionKey& of) const {
  for (const auto& item : machine->overview())
    if (item.key == of) return item.phase;
  ADD_FAILURE() << "no item " << to_text(of);
  return Phase::Done;
}

std::vector<std::string> MachineDriver::statuses() const {
  std::vector<std::string> out;
  for (const DeploymentReport& report : reports) out.emplace_back(to_text(report.status));
  return out;
}

std::vector<int> MachineDriver::status_ids() const {
  std::vector<int> out;
  for (const DeploymentReport& report : reports) out.push_back(report.status_id.value_or(0));
  return out;
}

std::vector<int> MachineDriver::states() const {
  std::vector<int> out;
  for (const DeploymentReport& report : reports) out.push_back(report.state.value_or(0));
  return out;
}

void MachineDriver::carry_out(const std::vector<ExecutionAction>& actions) {
  std::vector<ExecutionEvent> answers;
  const Overloaded take{
      [&](const Download&) { ++downloads; },
      [&](const DiscardContent&) { ++discards; },
      [&](const Prepare& action) {
        prepares.push_back(action.deployment.key);
        runs.push_back(action.run);
        if (answer_prepare) answers.push_back(Prepared{action.deployment.key});
      },
      [&](const WriteRecord& action) {
        const ExecutionRecord& record = action.record;
        if (fail_records)
          answers.push_back(
              RecordFailed{record.key, record.kind, fail(kClientStateFailed, "disk full").value()});
        if (fail_records || !answer_records) return;
        log.push_back(record);
        answers.push_back(RecordWritten{record.key, record.kind});
      },
      [&](const StartProgram& action) {
        ++starts;
        if (answer_start) answers.push_back(SupervisorStarted{action.deployment.key});
      },
      [&](const FindOutcome& action) { sought.push_back(action.run); },
      [&](const RemoveRun&) { ++removed_runs; },
      [&](const Report& action) { reports.push_back(action.report); },
      [&](const ReportPolicyExpired&) { ++expiries; },
      [&](const RefuseRequest& action) { refusals.push_back(action.error); },
  };
  for (const ExecutionAction& action : actions) std::visit(take, action);
  for (const ExecutionEvent& answer : answers) on(answer);
}

}  // namespace muster::client
