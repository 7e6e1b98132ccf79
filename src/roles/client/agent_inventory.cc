// The agent's inventory: which classes there are and which are due, and the messages about them.
#include <algorithm>

#include "base/log.h"
#include "base/os/file.h"
#include "base/version.h"
#include "contract/inventory_report.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/inventory/software_files.h"
#include "roles/client/platform/inventory_command.h"
#include "roles/client/platform/local_class_files.h"
#include "roles/client/platform/root_source.h"
#include "roles/client/status/outgoing.h"

namespace muster::client {
// What the site has, or will have. It is held only while a report is made: most of the time the
// client does nothing, and the rows would be most of its memory.
ReportBuilder Agent::stored_inventory() const {
  const std::filesystem::path file = std::filesystem::path(config_.state) / "inventory";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return ReportBuilder(schema_);
  const auto state = os::read_file(file);
  auto builder = state ? ReportBuilder::from_state(*state, schema_)
                       : Result<ReportBuilder>(fail(state.error()));
  if (builder) return *std::move(builder);
  log::failure(log::Level::Warning, "inventory.state.lost", builder.error());
  return ReportBuilder(schema_);
}

InventoryIntervals Agent::inventory_intervals() const {
  InventoryIntervals out{.standard = std::chrono::hours(24), .of_class = {}};
  if (policy_->settings())
    out = {.standard = policy_->settings()->inventory_interval,
           .of_class = policy_->settings()->class_intervals};
  for (const TrustedClass& each : classes_)
    if (each.declared.interval)
      out.of_class.emplace(each.declared.definition.name, *each.declared.interval);
  return out;
}

// What this machine's administrator says of them. Each error is told once, not at each poll.
std::vector<TrustedClass> Agent::with_local(std::vector<TrustedClass> classes) {
  std::vector<Error> errors;
  const std::string& folder = settings_.path("inventory.local_classes");
  if (folder.empty()) return classes;
  const auto local = read_local_classes(folder, errors);
  classes = with_local_classes(std::move(classes), local, errors);
  for (const Error& error : errors)
    if (told_refusals_.insert(error.text()).second)
      log::failure(log::Level::Warning, "inventory.local.refused", error);
  return classes;
}

// Until all that may declare classes was read and accepted, those of before stay as they were:
// their rows would go and come again.
void Agent::follow_classes(Timestamp now) {
  std::vector<TrustedClass> next = policy_->classes();
  if (!policy_->classes_known())
    for (const TrustedClass& before : classes_)
      if (std::ranges::none_of(next, [&](const TrustedClass& each) {
            return each.declared.name == before.declared.name;
          }))
        next.push_back(before);
  next = with_local(std::move(next));
  if (next == classes_) return;
  for (const TrustedClass& each : next)
    if (std::ranges::find(classes_, each) == classes_.end())
      class_schedule_.forget(each.declared.definition.name);
  classes_ = std::move(next);
  schema_ = schema_of(classes_);
  inventory_timer_.set(now);
}

// What follows a policy that has come to its end is not started any more.
Result<Inventory> Agent::collect_now(const ClassFilter& wanted, const SoftwareFileRules* files) {
  const RootSource source = TRY(RootSource::open("/"));
  Inventory out = collect_inventory(source, kVersion, wanted, files);
  InventoryCommand runner(clock_, [this] {
    serve_commands();
    look_after_machine();
    return !stop_;
  });
  const Timestamp now = policy_->now(clock_.now());
  std::vector<TrustedClass> classes = classes_;
  for (TrustedClass& each : classes) each.expires = std::min(each.expires, policy_->good_until());
  collect_declared(source, classes, schema_, runner, now, wanted, out);
  for (const Error& error : out.errors)
    log::failure(log::Level::Warning, "inventory.class.failed", error);
  for (const Note& note : out.notes)
    log::debug("inventory.fact.absent", note.detail, {{"fact", note.fact}});
  return out;
}

// A class that could not be read is looked at again at its next time, not at every one of others.
Result<std::vector<model::ClassRows>> Agent::collect_classes(Extent extent, Timestamp now,
                                                             ClassSchedule& schedule) {
  const InventoryIntervals intervals = inventory_intervals();
  SoftwareFileRules files = TRY(software_file_rules(settings_));
  const Duration end = clock_.steady() + settings_.duration("software_files.longest");
  files.is_over = [this, end] { return clock_.steady() >= end; };
  const ClassFilter wanted = [&](const model::InventoryClass& type) {
    const bool is_wanted = extent == Extent::All || schedule.is_due(type, intervals, now);
    if (is_wanted) schedule.collected(type, now);
    return is_wanted;
  };
  return TRY(collect_now(wanted, &files)).classes;
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
  const model::RowSetDigest current = decided.current;
  const bool full = decided.kind == ReportKind::Full;
  const auto report = inventory_message(std::move(decided), now, resync);
  TRY(outbox_->put(contract::MessageType::Inventory, contract::encode_inventory_report(report),
                   now));
  // From here on the message will arrive, in order and once: so it is the base of the next one. A
  // crash before the next line repeats it, and the site sees that it has it.
  TRY(builder.acknowledge(current));
  TRY(os::replace_file(std::filesystem::path(config_.state) / "inventory", builder.state(),
                       os::FileMode::Private));
  reported_ = current;
  class_schedule_ = std::move(schedule);
  std::size_t rows = 0;
  for (const auto& each : report.rows) rows += each.rows.size();
  log::info("inventory.reported", "an inventory was queued", {{"full", full}, {"rows", rows}});
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
  inventory_timer_.set(class_schedule_.next(schema_, followed_intervals_, now));
}

Result<void> Agent::try_heartbeat(Timestamp now) {
  const auto heartbeat = heartbeat_message(now, host_name_, reported_,
                                           TRY(collect_now(has_volatile_columns, nullptr)).classes);
  TRY(outbox_->put(contract::MessageType::Heartbeat, contract::encode_heartbeat(heartbeat), now));
  return {};
}

}  // namespace muster::client
