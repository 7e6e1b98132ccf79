// The virtual client's inventory and heartbeats: rows of its machine template, decided on, packed
// and signed as the client does it.
#include "base/log.h"
#include "roles/client/errors.h"
#include "roles/client/status/outgoing.h"
#include "simulator/virtual_client.h"

namespace muster::simulator {

// What the site has is made again from the template in place of being kept: it would be most of a
// virtual client's memory.
Result<void> VirtualClient::try_inventory() {
  const std::uint64_t resync = policy_->header() ? policy_->header()->inventory_resync : 0;
  client::ReportBuilder builder{model::Schema()};
  if (kept_.reported) {
    const auto before = builder.decide(around_.machines.rows(kept_.number, *kept_.reported));
    TRY(builder.acknowledge(before.current));
  }
  if (resync > policy_->resync_followed()) builder.demand_resync();
  auto decided = builder.decide(around_.machines.rows(kept_.number, kept_.patches));
  reported_ = decided.current;
  if (decided.kind == client::ReportKind::Nothing) return {};
  const auto report = client::inventory_message(std::move(decided), now(), resync);
  outbox_.push_back({contract::MessageType::Inventory, ++sequence_,
                     contract::encode_inventory_report(report), kept_.patches});
  kept_.reported = kept_.patches;
  if (resync > policy_->resync_followed()) TRY(policy_->follow_resync(resync));
  return {};
}

void VirtualClient::look_at_inventory() {
  const auto done = try_inventory();
  if (!done) {
    around_.report.failed(Exchange::Message, done.error());
    return inventory_timer_.failed(day(), around_.retry.retry_first * around_.pace,
                                   around_.retry.retry_longest * around_.pace, 0.5);
  }
  Duration interval = std::chrono::hours(24);
  if (policy_->settings()) interval = policy_->settings()->inventory_interval;
  inventory_timer_.set(day() + interval);
}

void VirtualClient::queue_heartbeat() {
  std::vector<model::ClassRows> rows = around_.machines.rows(kept_.number, kept_.patches);
  std::erase_if(
      rows, [](const model::ClassRows& each) { return !client::has_volatile_columns(*each.type); });
  const auto heartbeat = client::heartbeat_message(now(), MachineTemplate::host_name(kept_.number),
                                                   reported_, std::move(rows));
  outbox_.push_back(
      {contract::MessageType::Heartbeat, ++sequence_, contract::encode_heartbeat(heartbeat)});
  Duration interval = std::chrono::hours(24);
  if (policy_->settings()) interval = policy_->settings()->heartbeat_interval;
  heartbeat_.succeeded(day(), interval);
}

void VirtualClient::send_next() {
  const Message& message = outbox_.front();
  const client::MessageSender sender{kept_.device, *key_, certificate_sha256_, stream_};
  const Bytes envelope =
      client::sign_message({message.type, message.sequence, message.body}, sender, now());
  ask(
      Exchange::Message, client::message_request(envelope, message.type),
      [this](const net::ClientResponse& response) -> Result<void> {
        TRY(client::read_receipt(response));
        outbox_.pop_front();
        outbox_timer_.set(now());
        return {};
      },
      [this](const Error& error) {
        if (error.is(client::kStreamRefused)) stream_ = around_.random.bytes(stream_.size());
        outbox_timer_.failed(now(), around_.retry.retry_first, around_.retry.retry_longest,
                             jitter(), asked_wait_);
      });
}

}  // namespace muster::simulator
