#include "simulator/virtual_client.h"

#include <algorithm>

#include "base/log.h"
#include "roles/client/enrolment/leaf.h"
#include "roles/client/errors.h"

namespace muster::simulator {
namespace {

constexpr Duration kPendingInterval = std::chrono::seconds(10);
constexpr std::size_t kStreamBytes = 16;

}  // namespace

VirtualClient::VirtualClient(Surroundings& around, std::size_t place, KeptClient& kept,
                             std::string source)
    : around_(around),
      place_(place),
      kept_(kept),
      caller_(around.http.caller(kept.device.text(), std::move(source))),
      nudge_(around.retry, around.random),
      stream_(around.random.bytes(kStreamBytes)) {}

VirtualClient::~VirtualClient() = default;

Timestamp VirtualClient::day() const {
  const Timestamp start = MachineTemplate::kNow;
  return start + Duration(around_.clock.steady().count() * around_.pace);
}

void VirtualClient::power_on() {
  if (on_) return;
  on_ = true;
  around_.counted(1, 0);
  const auto opened = key_ ? Result<void>() : open();
  if (!opened) {
    around_.report.failed(Exchange::Enrolment, opened.error());
    return;
  }
  // After a start all is due, and nothing was asked yet.
  last_poll_.clear();
  polled_ = looking_ = false;
  for (client::RetryTimer* timer : {&poll_, &inventory_timer_, &heartbeat_}) timer->set(day());
  for (client::RetryTimer* timer : {&enrolment_, &outbox_timer_}) timer->set(now());
  nudge_ = client::NudgeHold(around_.retry, around_.random);
  step();
}

void VirtualClient::power_off() {
  if (!on_) return;
  set_connected(false);
  on_ = busy_ = holding_ = false;
  ++powered_;
  wanted_.clear();
  arrived_.clear();
  new_header_.reset();
  around_.wake_at(place_, std::nullopt);
  caller_->drop_connections();
  around_.counted(-1, 0);
}

Result<void> VirtualClient::open() {
  key_ = TRY(trust::EcdsaKey::from_pem(kept_.key_pem));
  policy_ = TRY(client::PolicyKeeper::open(std::make_unique<SharedPolicyFiles>(around_.documents),
                                           kept_.device));
  if (kept_.certificate_pem.empty()) return {};
  return show_identity();
}

Result<void> VirtualClient::show_identity() {
  const auto leaf = TRY(trust::parse_certificate_pem(kept_.certificate_pem));
  certificate_sha256_ = leaf.sha256;
  renew_at_ = client::half_life(leaf);
  return caller_->show(kept_.certificate_pem, kept_.key_pem);
}

void VirtualClient::patch(Telling telling) {
  ++kept_.patches;
  if (telling == Telling::Whole) kept_.reported.reset();
  if (!on_) return;
  inventory_timer_.set(day());
  step();
}

// Every exchange but the held one, one at a time as a client's only thread has them.
void VirtualClient::ask(Exchange exchange, const net::ClientRequest& request, Take take,
                        Refuse refuse) {
  busy_ = true;
  const Duration began = around_.clock.steady();
  caller_->send(request, net::LoopCaller::Patience::Answer,
                [this, exchange, began, take = std::move(take), refuse = std::move(refuse),
                 powered = powered_](const Result<net::ClientResponse>& answer) {
                  if (powered != powered_) return;
                  busy_ = false;
                  asked_wait_ = answer ? client::read_wait(*answer) : Duration(0);
                  if (answer) stretch_ = client::read_stretch(*answer);
                  const auto taken = answer ? take(*answer) : Result<void>(fail(answer.error()));
                  if (taken) {
                    around_.report.answered(exchange, around_.clock.steady() - began);
                  } else {
                    around_.report.failed(exchange, taken.error());
                    refuse(taken.error());
                  }
                  step();
                });
}

// As Agent::step(): what is due, in its order. True: the rest waits for it.
bool VirtualClient::begin_something() {
  if (kept_.certificate_pem.empty()) {
    if (enrolment_.due(now())) enrol();
    return true;
  }
  if (!policy_->trusts()) {
    if (enrolment_.due(now())) fetch_root();
    return true;
  }
  if (now() >= renew_at_ && enrolment_.due(now())) {
    renew();
    return true;
  }
  if (!wanted_.empty()) {
    fetch_document();
    return true;
  }
  if (poll_.due(day())) {
    poll();
    return true;
  }
  if ((inventory_timer_.due(day()) || heartbeat_.due(day())) && !around_.may_work()) return true;
  if (inventory_timer_.due(day())) look_at_inventory();
  // Behind the inventory, whose digest it says.
  if (heartbeat_.due(day())) queue_heartbeat();
  if (!outbox_.empty() && outbox_timer_.due(now())) {
    send_next();
    return true;
  }
  return false;
}

void VirtualClient::step() {
  if (!on_ || busy_ || !key_) return;
  const bool begun = begin_something();
  if (!begun && !around_.hold) caller_->close_idle();
  if (!begun && around_.hold && !holding_ && nudge_.due(now()) && polled_) hold();
  around_.wake_at(place_, busy_ ? std::nullopt : next_time());
}

std::optional<Duration> VirtualClient::next_time() const {
  Duration left = Duration::max();
  const auto consider = [&](Duration time) { left = std::min(left, time); };
  if (kept_.certificate_pem.empty() || !policy_->trusts()) {
    consider(enrolment_.next() - now());
  } else {
    for (const client::RetryTimer* timer : {&poll_, &inventory_timer_, &heartbeat_})
      consider((timer->next() - day()) / around_.pace);
    if (!outbox_.empty()) consider(outbox_timer_.next() - now());
    if (around_.hold && !holding_ && polled_) consider(nudge_.next() - now());
  }
  return around_.clock.steady() + std::max(left, Duration(1));
}

void VirtualClient::enrol() {
  const auto request =
      client::device_request(*key_, kept_.device, MachineTemplate::host_name(kept_.number));
  if (!request) return around_.report.failed(Exchange::Enrolment, request.error());
  ask(
      Exchange::Enrolment, client::enrolment_request(*request, kept_.password),
      [this](const net::ClientResponse& response) { return take_leaf(response, *key_); },
      [this](const Error& error) {
        if (error.is(client::kPending)) return enrolment_.set(now() + kPendingInterval);
        enrolment_.failed(now(), around_.retry.retry_first, around_.retry.retry_longest, jitter(),
                          asked_wait_);
      });
}

// A new key each time, as the client has it.
void VirtualClient::renew() {
  const auto key = trust::EcdsaKey::generate();
  const auto request =
      client::device_request(key, kept_.device, MachineTemplate::host_name(kept_.number));
  if (!request) return around_.report.failed(Exchange::Enrolment, request.error());
  ask(
      Exchange::Enrolment, client::renewal_request(*request),
      [this, key](const net::ClientResponse& response) { return take_leaf(response, key); },
      [this](const Error&) {
        enrolment_.failed(now(), around_.retry.retry_first, around_.retry.retry_longest, jitter(),
                          asked_wait_);
      });
}

Result<void> VirtualClient::take_leaf(const net::ClientResponse& response,
                                      const trust::EcdsaKey& key) {
  const auto leaf = TRY(client::read_certificate(response, around_.ca));
  TRY(client::check_leaf(leaf, key, kept_.device));
  kept_.certificate_pem = trust::certificate_pem(leaf);
  kept_.key_pem = key.pem();
  kept_.password.clear();
  key_ = key;
  return show_identity();
}

void VirtualClient::fetch_root() {
  net::ClientRequest request;
  request.url = client::root_path(1);
  request.body_limit_bytes = client::kDocumentLimit;
  ask(
      Exchange::Document, request,
      [this](const net::ClientResponse& response) -> Result<void> {
        if (response.status != 200) return client::refused(response, "root");
        return policy_->first_trust(response.body, around_.root_sha256);
      },
      [this](const Error&) {
        enrolment_.failed(now(), around_.retry.retry_first, around_.retry.retry_longest, jitter(),
                          asked_wait_);
      });
}

void VirtualClient::set_connected(bool connected) {
  if (connected == connected_) return;
  connected_ = connected;
  around_.counted(0, connected ? 1 : -1);
}

void VirtualClient::hold() {
  holding_ = true;
  nudge_.began(around_.clock.steady());
  caller_->send(
      client::nudge_request(nudge_.epoch(), answered_etag_), net::LoopCaller::Patience::Hold,
      [this, powered = powered_](const Result<net::ClientResponse>& answer) {
        if (powered != powered_) return;
        holding_ = false;
        set_connected(false);
        const auto nudge = answer ? client::read_nudge(*answer)
                                  : Result<std::optional<contract::Nudge>>(fail(answer.error()));
        if (!nudge) {
          log::failure(log::Level::Info, "nudge.connection.lost", nudge.error());
          nudge_.lost(now(), answer ? client::read_wait(*answer) : Duration(0));
        } else if (const auto told = nudge_.answered(*nudge, now())) {
          looking_ = true;
          look(told->cycles, told->at);
        }
        step();
      },
      [this, powered = powered_] {
        if (powered != powered_ || !holding_) return;
        set_connected(true);
        if (std::exchange(looking_, false)) around_.report.looked();
      });
}

// Without the mark of a poll: such as it is in a wild client, it would tell of two machines.
void VirtualClient::poll_without_pause(std::function<void()> done) {
  net::ClientRequest request = client::policy_request(answered_etag_, {Bytes(16, '0'), {}, now()});
  request.headers.remove(contract::kPollMarkHeader);
  const Duration began = around_.clock.steady();
  caller_->send(request, net::LoopCaller::Patience::Answer,
                [this, began, done = std::move(done)](const Result<net::ClientResponse>& answer) {
                  const auto read = answer ? client::read_policy(*answer)
                                           : Result<client::PolicyAnswer>(fail(answer.error()));
                  if (read)
                    around_.report.answered(Exchange::Hostile, around_.clock.steady() - began);
                  else
                    around_.report.failed(Exchange::Hostile, read.error());
                  done();
                });
}

}  // namespace muster::simulator
