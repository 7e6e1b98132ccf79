// The virtual client's policy: the client's own keeper verifies it; what the keeper wants and does
// not find is fetched, and it looks again.
#include "base/log.h"
#include "contract/policy_bodies.h"
#include "simulator/virtual_client.h"

namespace muster::simulator {

// Answers from what has arrived, and notes what is wanted.
class VirtualClient::Source final : public client::DocumentSource {
 public:
  explicit Source(VirtualClient& owner) : owner_(owner) {}

  Result<Bytes> policy_body(const std::string& sha256) override {
    return find(client::policy_body_request(sha256));
  }
  Result<std::optional<std::vector<Bytes>>> policy_bodies(
      std::span<const std::string> sha256) override {
    auto request = client::policy_bodies_request(sha256);
    const auto arrived = owner_.arrived_.find(request.url);
    // What came is kept; what did not is asked for one by one.
    if (arrived != owner_.arrived_.end() && !arrived->second)
      return std::optional<std::vector<Bytes>>();
    return std::optional(TRY(contract::decode_policy_bodies(TRY(find(std::move(request))))));
  }
  Result<Bytes> catalogue_file(const std::string& name) override {
    return find(at(client::catalogue_path(name)));
  }
  Result<std::optional<Bytes>> root(std::uint64_t version) override {
    const auto request = at(client::root_path(version));
    const auto arrived = owner_.arrived_.find(request.url);
    if (arrived != owner_.arrived_.end()) return arrived->second;
    return std::optional(TRY(find(request)));
  }
  Result<Bytes> content(const std::string& folder, const std::string& sha256,
                        std::uint64_t) override {
    return find(at(client::content_path(folder, sha256)));
  }

 private:
  static net::ClientRequest at(std::string path) {
    net::ClientRequest request;
    request.url = std::move(path);
    return request;
  }
  Result<Bytes> find(net::ClientRequest request) {
    request.body_limit_bytes = client::kDocumentLimit;
    const auto arrived = owner_.arrived_.find(request.url);
    if (arrived != owner_.arrived_.end() && arrived->second) return *arrived->second;
    const std::string name = request.url;
    if (arrived == owner_.arrived_.end()) owner_.wanted_.emplace_back(name, std::move(request));
    return fail(kNotFetchedYet, "{}", name);
  }

  VirtualClient& owner_;
};

void VirtualClient::poll_failed() {
  polled_ = false;
  poll_.failed(day(), around_.retry.retry_first * around_.pace,
               around_.retry.retry_longest * around_.pace, jitter(), asked_wait_ * around_.pace);
}

void VirtualClient::poll() {
  const contract::PollMark mark{around_.random.bytes(contract::kPollNonceBytes), last_poll_, now()};
  last_poll_ = mark.nonce;
  ask(
      Exchange::Poll, client::policy_request(policy_->etag(), mark),
      [this](const net::ClientResponse& response) { return take_poll(response); },
      [this](const Error&) { poll_failed(); });
}

Result<void> VirtualClient::take_poll(const net::ClientResponse& response) {
  client::PolicyAnswer answer = TRY(client::read_policy(response));
  if (answer.site_time) {
    const auto taken = policy_->take_site_time(*answer.site_time, now());
    if (!taken) log::failure(log::Level::Warning, "policy.time.refused", taken.error());
  }
  answered_etag_ = answer.unchanged ? policy_->etag() : answer.etag;
  look(answer.look, now());
  if (!answer.unchanged)
    new_header_.emplace(std::move(answer.document), std::move(answer.etag));
  else if (policy_->refusals().empty() && policy_->header())
    return settle_policy();
  arrived_.clear();
  return settle_policy();
}

Result<void> VirtualClient::settle_policy() {
  Source source(*this);
  if (new_header_) {
    const auto taken = policy_->take_header(new_header_->first, new_header_->second, source, now());
    if (!taken && wanted_.empty()) {
      new_header_.reset();
      return taken;
    }
    if (taken) new_header_.reset();
  } else if (!policy_->refusals().empty()) {
    TRY(policy_->evaluate(source, now()));
  }
  if (!wanted_.empty()) return {};  // step() fetches it
  arrived_.clear();
  for (const client::Refusal& refusal : policy_->refusals())
    around_.report.failed(Exchange::Document, refusal.error);
  polled_ = true;
  Duration interval = std::chrono::minutes(1);
  if (policy_->settings()) interval = policy_->agent().duration(model::kPollInterval);
  poll_.succeeded(
      day(), Duration(static_cast<std::int64_t>(static_cast<double>(interval.count()) * stretch_)));
  if (policy_->header() && policy_->header()->inventory_resync > policy_->resync_followed())
    inventory_timer_.set(day());
  return {};
}

// One of those that are wanted; with the last one the keeper looks again.
void VirtualClient::fetch_document() {
  const std::string name = wanted_.back().first;
  const net::ClientRequest request = std::move(wanted_.back().second);
  wanted_.pop_back();
  const auto settle = [this]() -> Result<void> {
    if (!wanted_.empty()) return {};
    const auto settled = settle_policy();
    if (!settled) poll_failed();
    return settled;
  };
  ask(
      Exchange::Document, request,
      [this, name, settle](const net::ClientResponse& response) -> Result<void> {
        // A root may be missing, and what is refused is the keeper's to judge.
        arrived_[name] = response.status == 200 ? std::optional(response.body) : std::nullopt;
        return settle();
      },
      [this, name](const Error&) {
        wanted_.clear();
        new_header_.reset();
        poll_failed();
      });
}

void VirtualClient::look(const std::vector<std::string>& cycles, Timestamp at) {
  const Timestamp when = day() + (at - now()) * around_.pace;
  for (const std::string& name : cycles) {
    client::RetryTimer* timer = nullptr;
    switch (model::cycle_named(name).value_or(model::Cycle::Files)) {
      case model::Cycle::Policy:
        timer = &poll_;
        break;
      case model::Cycle::Inventory:
        timer = &inventory_timer_;
        break;
      case model::Cycle::Heartbeat:
        timer = &heartbeat_;
        break;
      case model::Cycle::Files:
        break;  // it has no files
    }
    if (timer != nullptr) timer->set(std::min(timer->next(), when));
  }
}

}  // namespace muster::simulator
