// A management point's HTTP leg: each request is signed, sealed to the site's envelope key, and
// its answer opened. What comes out is unverified beyond that, as over TLS.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "contract/sealed_exchange.h"
#include "net/http_client.h"
#include "roles/client/enrolment/identity.h"
#include "trust/sealing.h"

namespace muster::client {

// Verifies the signed document of /public/envelope-key and that the key is valid now.
using CheckEnvelopeKey = std::function<Result<contract::EnvelopeKeyDocument>(ByteView document)>;

struct SealedChannelSettings {
  std::string point;  // "http://host:port"
  std::optional<net::Proxy> proxy{};
  CheckEnvelopeKey check{};
  // The time by which keys end: no earlier than what the site has signed.
  std::function<Timestamp()> signed_now{};
  const std::atomic<bool>* stop = nullptr;  // ends every wait
};

class SealedChannel {
 public:
  // `clock` and `random` outlive the channel.
  static Result<std::unique_ptr<SealedChannel>> create(SealedChannelSettings settings,
                                                       const Clock& clock, Random& random);

  const std::string& point() const { return settings_.point; }
  // `request.url` is a path alone. A key that has ended, or that the site does not know any more,
  // is asked for anew. Errors: kSealedAnswer, those of net/ and of trust/.
  Result<net::ClientResponse> send(const net::ClientRequest& request, const Identity& identity);

 private:
  SealedChannel(SealedChannelSettings settings, const Clock& clock, Random& random)
      : settings_(std::move(settings)), clock_(&clock), random_(&random) {}
  Result<void> fetch_key();
  // Nothing: the site wants another key or a higher number; the request goes out again.
  Result<std::optional<net::ClientResponse>> try_send(const net::ClientRequest& request,
                                                      const Identity& identity);

  SealedChannelSettings settings_;
  const Clock* clock_;
  Random* random_;
  std::unique_ptr<net::HttpClient> http_;
  std::optional<contract::EnvelopeKeyDocument> key_;
  std::uint64_t last_number_ = 0;
};

}  // namespace muster::client
