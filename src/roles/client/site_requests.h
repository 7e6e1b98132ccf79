// What a client asks its management point, and what it reads from the answers: pure functions, so
// that whoever carries them (site_link.h; the simulator's event loop) speaks the same protocol.
// URLs are paths alone. Every answer is unverified here; who uses it verifies it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "contract/envelope.h"
#include "contract/nudge.h"
#include "contract/poll_mark.h"
#include "net/http_client.h"
#include "trust/certificate.h"

namespace muster::client {

inline constexpr std::uint64_t kDocumentLimit = 64u << 20;

struct PolicyAnswer {
  bool unchanged = false;
  Bytes document;
  std::string etag;
  std::optional<Bytes> site_time;
  std::vector<std::string>
      look{};  // cycles that somebody wants, of a client that waits for no nudge
};

// Why an answer that is not the wanted one was given: kSiteAnswer, with the problem's own words.
Failure refused(const net::ClientResponse& response, std::string_view what);

// What a busy site asks for by an answer: to hear nothing for so long (0: nothing said), and to
// lengthen the time between polls by this factor (1: not at all). Wishes: what cannot be read is
// logged and passed over.
Duration read_wait(const net::ClientResponse& response);
double read_stretch(const net::ClientResponse& response);

// EST. `password` is the token's; empty: an operator's approval is waited for.
net::ClientRequest enrolment_request(ByteView request_der, const std::string& password);
net::ClientRequest renewal_request(ByteView request_der);
// `ca` is what the handshake showed. Errors: kPending, kSiteAnswer and those of trust/.
Result<trust::Certificate> read_certificate(const net::ClientResponse& response,
                                            const std::optional<trust::Certificate>& ca);

net::ClientRequest policy_request(const std::string& etag, const contract::PollMark& mark);
Result<PolicyAnswer> read_policy(const net::ClientResponse& response);
net::ClientRequest policy_body_request(const std::string& sha256);
// 1 to contract::kMostPolicyBodies of them.
net::ClientRequest policy_bodies_request(std::span<const std::string> sha256);
// The documents of the first that were asked for, one at least; nothing where the site has no
// answer to such a request: it is older, or it refuses one of them.
Result<std::optional<std::vector<Bytes>>> read_policy_bodies(const net::ClientResponse& response);

// The request that is held. `seen`: the epoch of the last nudge; `etag`: of the policy answered
// last.
net::ClientRequest nudge_request(std::uint64_t seen, const std::string& etag);
// Nothing: the site is older than nudges.
Result<std::optional<contract::Nudge>> read_nudge(const net::ClientResponse& response);

net::ClientRequest message_request(ByteView envelope, contract::MessageType type);
// Errors: kStreamRefused, kSiteAnswer.
Result<void> read_receipt(const net::ClientResponse& response);

// Paths on a point that serves content.
std::string catalogue_path(const std::string& name);
std::string root_path(std::uint64_t version);
std::string content_path(const std::string& folder, const std::string& sha256);

}  // namespace muster::client
