// A management point's HTTP leg: each request is signed, sealed to the site's envelope key, and
// its answer opened. What comes out is unverified beyond that, as over TLS.
#pragma once

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

class SealedChannel {
 public:
  // `point` is "http://host:port". `clock` and `random` outlive the channel.
  static Result<std::unique_ptr<SealedChannel>> create(std::string point,
                                                       std::optional<net::Proxy> proxy,
                                                       CheckEnvelopeKey check, const Clock& clock,
                                                       Random& random);

  const std::string& point() const { return point_; }
  // `request.url` is a path alone. A key that the site does not know any more is asked for anew,
  // once. Errors: kSealedAnswer, those of net/ and of trust/.
  Result<net::ClientResponse> send(const net::ClientRequest& request, const Identity& identity);

 private:
  SealedChannel(std::string point, CheckEnvelopeKey check, const Clock& clock, Random& random)
      : point_(std::move(point)), check_(std::move(check)), clock_(&clock), random_(&random) {}
  Result<void> fetch_key();
  // Nothing: the site wants another key or a higher number; the request goes out again.
  Result<std::optional<net::ClientResponse>> try_send(const net::ClientRequest& request,
                                                      const Identity& identity);

  std::string point_;
  CheckEnvelopeKey check_;
  const Clock* clock_;
  Random* random_;
  std::unique_ptr<net::HttpClient> http_;
  std::optional<contract::EnvelopeKeyDocument> key_;
  std::uint64_t last_number_ = 0;
};

}  // namespace muster::client
