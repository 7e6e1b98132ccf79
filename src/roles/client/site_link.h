// The client's conversations with its site: enrolment, policy, messages, content. Every answer is
// unverified here; who uses it verifies it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "contract/envelope.h"
#include "hosting/server_check.h"
#include "net/http_client.h"
#include "roles/client/enrolment/identity.h"
#include "roles/client/policy/policy_keeper.h"
#include "roles/client/sealed_channel.h"
#include "roles/client/site_requests.h"

namespace muster::client {

// How policy and messages travel. Enrolment and renewal go over HTTPS, whatever it says.
enum class LegChoice { Auto, Https, Http };

// Failures of the way to the management point, as against its refusals: no TLS with the point
// itself, for whoever answers in its place shows no certificate of this site, and no sealed answer.
bool is_of_the_way(const Error& error);

struct SiteLinkSettings {
  std::string management_point;  // "https://host:port"
  hosting::PinnedCa ca;
  std::optional<net::Proxy> proxy;
  LegChoice leg = LegChoice::Auto;
  Duration tls_retry{0};                    // how long HTTP is used after HTTPS failed
  const std::atomic<bool>* stop = nullptr;  // ends every wait
};

class SiteLink final : public DocumentSource {
 public:
  // `clock` outlives the link.
  static Result<std::unique_ptr<SiteLink>> create(SiteLinkSettings settings, const Clock& clock);

  const std::string& management_point() const { return settings_.management_point; }
  // Shows this identity's certificate from now on.
  Result<void> use(const Identity& identity);
  // The management point's HTTP leg; null: there is none.
  void set_sealed(std::unique_ptr<SealedChannel> sealed) { sealed_ = std::move(sealed); }
  // The leg of the last answer, as a URL; empty before there was one.
  const std::string& last_leg() const { return last_leg_; }

  // EST. Errors: kPending while an operator's approval is wanted, kSiteAnswer with the refusal.
  Result<trust::Certificate> enroll(ByteView request_der, const std::string& password);
  Result<trust::Certificate> reenroll(ByteView request_der);
  // The CA certificate that the management point showed in the last handshake.
  const std::optional<trust::Certificate>& ca() const { return ca_; }

  Result<PolicyAnswer> policy(const std::string& etag, const contract::PollMark& mark);

  // The request that the management point holds until there is something to look at, over HTTPS
  // alone. `etag`: of the policy that it answered last.
  bool may_wait_for_nudge() const;
  Result<void> wait_for_nudge(std::uint64_t seen, const std::string& etag);
  bool waits_for_nudge() const { return waiting_ != nullptr; }
  // Waits for at most `time`; whether take_nudge() will not.
  bool nudge_came(Duration time) { return waiting_->wait(time); }
  // Nothing: the site is older than nudges. Whatever it is, nothing is held any more.
  Result<std::optional<contract::Nudge>> take_nudge();
  void stop_waiting() { waiting_.reset(); }
  // What a machine at rest need not hold.
  void close_idle_connections() { http_->close_idle_connections(); }

  // A signed document that everybody may read, over whichever leg answers.
  Result<Bytes> public_document(const std::string& name);
  // Returns once the message is durable at the site.
  Result<void> send_message(ByteView envelope, contract::MessageType type);

  // What the last answer asked for: to hear nothing for so long (0: nothing said), and to lengthen
  // the time between polls by this factor, 1 to 8.
  Duration asked_wait() const { return asked_wait_; }
  double stretch() const { return stretch_; }

  void set_points(std::vector<std::string> points) { points_ = std::move(points); }
  // A part of a content file from `offset` on, from the first point that serves it.
  Result<void> fetch_content(const std::string& folder, const std::string& sha256,
                             std::uint64_t offset, const net::BodySink& sink);

  Result<Bytes> policy_body(const std::string& sha256) override;
  Result<std::optional<std::vector<Bytes>>> policy_bodies(
      std::span<const std::string> sha256) override;
  Result<Bytes> catalogue_file(const std::string& name) override;
  Result<std::optional<Bytes>> root(std::uint64_t version) override;
  Result<Bytes> content(const std::string& folder, const std::string& sha256,
                        std::uint64_t size_bytes) override;

 private:
  SiteLink(SiteLinkSettings settings, const Clock& clock)
      : settings_(std::move(settings)), clock_(&clock) {}
  Result<void> connect(std::string certificate_pem, std::string key_pem);
  Result<net::ClientResponse> ask(net::ClientRequest request);
  Result<net::ClientResponse> ask_as_device(const net::ClientRequest& request);
  Result<net::ClientResponse> ask_sealed(const net::ClientRequest& request);
  Result<net::ClientResponse> get_from_points(const std::string& path, bool missing_is_answer);
  void note_wait(const net::ClientResponse& response);
  void note_pace(const net::ClientResponse& response);

  SiteLinkSettings settings_;
  const Clock* clock_;
  std::string host_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<net::WaitingCall> waiting_;  // after the client that it belongs to
  std::optional<trust::Certificate> ca_;
  std::optional<Identity> identity_;
  std::unique_ptr<SealedChannel> sealed_;
  Timestamp tls_again_;  // until then policy and messages go sealed over HTTP
  std::string last_leg_;
  std::vector<std::string> points_;
  Duration asked_wait_{0};
  double stretch_ = 1;
};

}  // namespace muster::client
