// The agent's messages: inventory, heartbeat, status, and the outbox that carries them.
#include "base/byte_writer.h"
#include "base/log.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "base/version.h"
#include "contract/inventory_report.h"
#include "contract/status_report.h"
#include "model/status_ids.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/software_files.h"
#include "roles/client/platform/root_source.h"
#include "trust/envelope_signature.h"
#include "wire/zstd.h"

namespace muster::client {
namespace {

bool has_volatile_columns(const model::InventoryClass& type) {
  for (const model::Column& column : type.columns)
    if (column.kind == model::ColumnKind::Volatile) return true;
  return false;
}

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

// What the site has, or will have. It is held only while a report is made: most of the time the
// client does nothing, and the rows would be most of its memory.
ReportBuilder Agent::stored_inventory() const {
  const std::filesystem::path file = std::filesystem::path(config_.state) / "inventory";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  const auto state = os::read_file(file);
  auto builder =
      state ? ReportBuilder::from_state(*state) : Result<ReportBuilder>(fail(state.error()));
  if (builder) return *std::move(builder);
  log::failure(log::Level::Warning, "inventory.state.lost", builder.error());
  return {};
}

InventoryIntervals Agent::inventory_intervals() const {
  if (!policy_->settings()) return {.standard = std::chrono::hours(24), .of_class = {}};
  return {.standard = policy_->settings()->inventory_interval,
          .of_class = policy_->settings()->class_intervals};
}

// A class that could not be read is looked at again at its next time, not at every one of others.
Result<std::vector<model::ClassRows>> Agent::collect_classes(Extent extent, Timestamp now,
                                                             ClassSchedule& schedule) {
  const InventoryIntervals intervals = inventory_intervals();
  SoftwareFileRules files = TRY(software_file_rules(settings_));
  const Duration end = clock_.steady() + settings_.duration("software_files.longest");
  files.is_over = [this, end] { return clock_.steady() >= end; };
  Inventory collected = collect_inventory(
      TRY(RootSource::open("/")), kVersion,
      [&](const model::InventoryClass& type) {
        const bool wanted = extent == Extent::All || schedule.is_due(type, intervals, now);
        if (wanted) schedule.collected(type, now);
        return wanted;
      },
      &files);
  for (const Error& error : collected.errors)
    log::failure(log::Level::Warning, "inventory.class.failed", error);
  for (const Note& note : collected.notes)
    log::debug("inventory.fact.absent", note.detail, {{"fact", note.fact}});
  return std::move(collected.classes);
}

Result<void> Agent::try_inventory(Timestamp now) {
  const std::uint64_t resync = policy_->header() ? policy_->header()->inventory_resync : 0;
  ReportBuilder builder = stored_inventory();
  if (resync > policy_->resync_followed()) builder.demand_resync();
  // Kept once what was found is durable: until then the same classes stay due.
  ClassSchedule schedule = class_schedule_;
  // What is not collected now counts as unchanged in a delta; a full report wants everything.
  InventoryReport decided;
  if (!builder.needs_all_classes())
    decided = builder.decide(TRY(collect_classes(Extent::Due, now, schedule)));
  if (builder.needs_all_classes() || decided.kind == ReportKind::Full)
    decided = builder.decide(TRY(collect_classes(Extent::All, now, schedule)));
  if (decided.kind == ReportKind::Nothing) {
    reported_ = decided.current;
    class_schedule_ = std::move(schedule);
    log::info("inventory.unchanged", "nothing changed since the last inventory");
    return {};
  }
  contract::InventoryReport report;
  report.kind = decided.kind == ReportKind::Full ? contract::InventoryReport::Kind::Full
                                                 : contract::InventoryReport::Kind::Delta;
  report.collected = now;
  report.resync = resync;
  report.base = decided.base;
  report.digest = decided.current;
  report.rows = decided.added;
  report.removed = decided.removed;
  TRY(outbox_->put(contract::MessageType::Inventory, contract::encode_inventory_report(report),
                   now));
  // From here on the message will arrive, in order and once: so it is the base of the next one. A
  // crash before the next line repeats it, and the site sees that it has it.
  TRY(builder.acknowledge(decided.current));
  TRY(os::replace_file(std::filesystem::path(config_.state) / "inventory", builder.state(),
                       os::FileMode::Private));
  reported_ = decided.current;
  class_schedule_ = std::move(schedule);
  std::size_t rows = 0;
  for (const auto& each : report.rows) rows += each.rows.size();
  log::info("inventory.reported", "an inventory was queued",
            {{"full", decided.kind == ReportKind::Full}, {"rows", rows}});
  if (resync > policy_->resync_followed()) TRY(policy_->follow_resync(resync));
  return {};
}

void Agent::send_inventory(Timestamp now) {
  const auto done = try_inventory(now);
  if (!done) {
    log::failure(log::Level::Error, "inventory.failed", done.error());
    inventory_timer_.failed(now, settings_.duration("retry.first"),
                            settings_.duration("retry.longest"), 0.5);
    return;
  }
  followed_intervals_ = inventory_intervals();
  inventory_timer_.set(class_schedule_.next(followed_intervals_, now));
}

Result<void> Agent::try_heartbeat(Timestamp now) {
  contract::Heartbeat heartbeat;
  heartbeat.sent = now;
  heartbeat.name = host_name_;
  heartbeat.client_version = kVersion;
  heartbeat.inventory = reported_;
  heartbeat.volatile_rows =
      collect_inventory(TRY(RootSource::open("/")), kVersion, has_volatile_columns).classes;
  std::size_t rows = 0;
  for (const model::ClassRows& of_class : heartbeat.volatile_rows) rows += of_class.rows.size();
  if (rows > contract::kMostVolatileRows) heartbeat.volatile_rows.clear();
  TRY(outbox_->put(contract::MessageType::Heartbeat, contract::encode_heartbeat(heartbeat), now));
  return {};
}

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
  const Bytes packed = wire::zstd_compress(message->body);
  contract::EnvelopeHeader header{.sender = identity_->device,
                                  .stream = outbox_->stream(),
                                  .sequence = message->sequence,
                                  .type = message->type,
                                  .sent = clock_.now(),
                                  .body_sha256 = sha256(packed),
                                  .body_encoding = contract::BodyEncoding::Zstd,
                                  .body_size = message->body.size(),
                                  .certificate_sha256 = identity_->certificate->sha256};
  const auto sent = link_->send_message(trust::sign_envelope(header, packed, identity_->key));
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
                           settings_.duration("retry.longest"),
                           static_cast<double>(random_.below(1000)) / 1000);
      return;
    }
    if (!*sent || stop_) return;
  }
}

}  // namespace muster::client
