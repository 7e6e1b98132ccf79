// The agent's messages: heartbeat, status, and the outbox that carries them.
#include "base/byte_writer.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/version.h"
#include "contract/status_report.h"
#include "model/status_ids.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/status/outgoing.h"

namespace muster::client {
namespace {

// The same for a report that is made again, so that the site keeps it once.
std::string report_id(const DeploymentReport& report) {
  ByteWriter said;
  for (const std::string& part :
       {report.key.deployment, report.key.package, report.key.version, report.occasion})
    said.sized(part);
  said.u32(static_cast<std::uint32_t>(report.status_id.value_or(0)));
  said.u32(static_cast<std::uint32_t>(report.state.value_or(0)));
  return sha256_hex(said.view()).substr(0, 32);
}

}  // namespace

void Agent::send_heartbeat(Timestamp now) {
  const auto done = try_heartbeat(now);
  if (!done) {
    log::failure(log::Level::Error, "heartbeat.failed", done.error());
    heartbeat_.failed(now, settings_.duration("retry.first"), settings_.duration("retry.longest"),
                      0.5);
    return;
  }
  Duration interval = std::chrono::hours(24);
  if (policy_->settings()) interval = policy_->settings()->heartbeat_interval;
  heartbeat_.succeeded(now, interval);
}

void Agent::queue_status(const contract::StatusReport& report) {
  const auto put = outbox_->put(contract::MessageType::Status,
                                contract::encode_status_report(report), clock_.now());
  if (!put) log::failure(log::Level::Error, "status.lost", put.error());
  outbox_timer_.set(clock_.now());
}

void Agent::queue_deployment_report(const DeploymentReport& report) {
  contract::StatusReport status;
  status.report = report_id(report);
  status.at = report.at;
  status.status_id = report.status_id.value_or(0);
  status.topic = model::kTopicEnforcement;
  status.state = report.state.value_or(0);
  const auto deployment = model::ObjectId::parse(report.key.deployment);
  if (deployment) status.deployment = *deployment;
  if (runs_first(report.key))
    status.program = report.key.deployment.substr(report.key.deployment.find('/') + 1);
  status.package = report.key.package;
  status.package_version = report.key.version;
  if (report.exit_code) status.exit_code = static_cast<int>(*report.exit_code);
  if (report.error) {
    status.error = report.error->kind().number;
    status.detail = report.error->text_with_advice();
  } else {
    status.detail = report.detail;
  }
  status.next_retry = report.next_attempt;
  log::info("software.status", to_text(report.status),
            {{"deployment", report.key.deployment},
             {"package", report.key.package},
             {"cause", status.detail}});
  const auto put = outbox_->put(contract::MessageType::Status,
                                contract::encode_status_report(status), clock_.now());
  if (!put) {
    log::failure(log::Level::Error, "status.lost", put.error());
    return;  // a final report stays open and is made again after a restart
  }
  outbox_timer_.set(clock_.now());
  if (report.final) reports_taken_.push_back(report.key);
}

Result<bool> Agent::send_next() {
  const auto message = TRY(outbox_->next());
  if (!message) return false;
  const MessageSender sender{identity_->device, identity_->key, identity_->certificate->sha256,
                             outbox_->stream()};
  const auto sent = link_->send_message(
      sign_message({message->type, message->sequence, message->body}, sender, clock_.now()),
      message->type);
  if (!sent) {
    if (sent.error().is(kStreamRefused)) TRY(outbox_->start_stream(random_));
    return fail(sent.error());
  }
  TRY(outbox_->acknowledge(*message));
  return true;
}

void Agent::flush_outbox(Timestamp now) {
  if (!outbox_timer_.due(now)) return;
  for (;;) {
    const auto sent = send_next();
    if (!sent) {
      log::failure(log::Level::Warning, "outbox.send.failed", sent.error());
      note_contact(fail(sent.error()), clock_.now());
      outbox_timer_.failed(now, settings_.duration("retry.first"),
                           settings_.duration("retry.longest"), jitter(), link_->asked_wait());
      return;
    }
    if (!*sent || stop_) return;
  }
}

}  // namespace muster::client
