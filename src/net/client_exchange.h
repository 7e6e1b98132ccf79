// One request and its answer on a connection that stands.
#pragma once

#include <memory>

#include "net/blocking_stream.h"
#include "net/client_tls.h"
#include "net/http_client.h"
#include "net/http_parser.h"

namespace muster::net {

struct ClientConnection {
  explicit ClientConnection(os::Fd fd) : stream(std::move(fd)) {}
  // Before the stream, so that it outlives it.
  ClientTlsContext::Peer peer{};
  BlockingStream stream;
  std::string key;
  Duration idle_since{0};
  bool reused = false;
};

struct SentRequest {
  Url url;
  bool through_proxy = false;       // in plain text: the target carries the whole URL
  std::string proxy_authorization;  // for such requests
};

// Why an exchange failed, and whether the peer may have begun to work on it.
struct ExchangeFailure {
  Error error;
  bool before_answer = false;  // not one byte of an answer had come
};
using ExchangeResult = tl::expected<ClientResponse, ExchangeFailure>;

// The head's text. Error: kBadRequest.
Result<std::string> request_head(const ClientRequest& request, const SentRequest& sent,
                                 const std::string& user_agent);

// Sets `keep` when the connection can carry another exchange.
ExchangeResult exchange(ClientConnection& connection, const ClientRequest& request,
                        const std::string& head, const ClientLimits& limits,
                        const Deadline& deadline, bool& keep);

// Sends the request. What the peer says before the end of it goes to `early`.
Result<void> send_request(ClientConnection& connection, const ClientRequest& request,
                          const std::string& head, Bytes& early, const Deadline& deadline);

// The answer to a request that was sent; `input` holds what has come of it. Sets `keep` when the
// connection can carry another exchange.
ExchangeResult receive_answer(ClientConnection& connection, const ClientRequest& request,
                              Bytes& input, const ClientLimits& limits, const Deadline& deadline,
                              bool& keep);

// Reads one head into `parsed`; what follows it stays in `input`.
Result<void> read_response_head(BlockingStream& stream, Bytes& input, const ClientLimits& limits,
                                bool answers_head, const Deadline& deadline,
                                ParsedResponse& parsed);

}  // namespace muster::net
