#include "net/http_client.h"

#include <poll.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <mutex>

#include "net/client_exchange.h"
#include "net/errors.h"

namespace muster::net {
namespace {

bool is_idempotent(const std::string& method) {
  for (const std::string_view known : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
    if (method == known) return true;
  return false;
}

std::string basic_authorization(const std::optional<Proxy>& proxy) {
  if (!proxy || proxy->user.empty()) return {};
  return "Basic " + to_base64(proxy->user + ":" + proxy->password);
}

}  // namespace

struct HttpClient::State {
  State(ClientSettings settings, const Clock& clock)
      : settings(std::move(settings)), clock(clock) {}

  using Connection = std::unique_ptr<ClientConnection>;

  Result<SentRequest> sent_request(const ClientRequest& request) const;
  Result<Connection> take_connection(const SentRequest& sent, bool fresh, const Deadline& deadline);
  Result<Connection> dial(const SentRequest& sent, const Deadline& deadline);
  Result<void> open_tunnel(ClientConnection& connection, const Url& url, const Deadline& deadline);
  Connection find_kept(const std::string& key);
  // Moves those that have waited too long to `ended`, with the mutex held.
  void take_idle(std::list<Connection>& ended);
  void keep(Connection connection);

  const ClientSettings settings;
  const Clock& clock;
  std::unique_ptr<ClientTlsContext> tls;
  std::mutex mutex;
  std::list<Connection> kept;  // under the mutex, the latest first
};

Result<SentRequest> HttpClient::State::sent_request(const ClientRequest& request) const {
  SentRequest sent{TRY(parse_url(request.url)), false, {}};
  if (settings.proxy && !sent.url.tls) {
    sent.through_proxy = true;
    sent.proxy_authorization = basic_authorization(settings.proxy);
  }
  return sent;
}

HttpClient::State::Connection HttpClient::State::find_kept(const std::string& key) {
  std::list<Connection> ended;  // closed after the lock is gone
  const std::lock_guard lock(mutex);
  take_idle(ended);
  for (auto entry = kept.begin(); entry != kept.end();) {
    const auto next = std::next(entry);
    if ((*entry)->key == key) {
      if ((*entry)->stream.is_quiet()) {
        Connection found = std::move(*entry);
        kept.erase(entry);
        found->reused = true;
        return found;
      }
      ended.splice(ended.end(), kept, entry);
    }
    entry = next;
  }
  return nullptr;
}

void HttpClient::State::take_idle(std::list<Connection>& ended) {
  const Duration oldest = clock.steady() - settings.limits.idle_time;
  // The latest stand first.
  while (!kept.empty() && kept.back()->idle_since < oldest)
    ended.splice(ended.end(), kept, std::prev(kept.end()));
}

void HttpClient::State::keep(Connection connection) {
  connection->idle_since = clock.steady();
  const std::lock_guard lock(mutex);
  kept.push_front(std::move(connection));
  if (kept.size() > settings.limits.kept_connections) kept.pop_back();
}

Result<void> HttpClient::State::open_tunnel(ClientConnection& connection, const Url& url,
                                            const Deadline& deadline) {
  std::string head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", url.host_and_port());
  if (const std::string basic = basic_authorization(settings.proxy); !basic.empty())
    head.append("Proxy-Authorization: ").append(basic).append("\r\n");
  head.append("\r\n");
  Bytes input;
  ParsedResponse parsed;
  TRY(connection.stream.write(head, input, deadline));
  TRY_IN(read_response_head(connection.stream, input, settings.limits, false, deadline, parsed),
         "proxy {}", settings.proxy->host);
  if (parsed.status < 200 || parsed.status > 299)
    return fail(kProxyRefused, "{} port {} answered {} to CONNECT {}", settings.proxy->host,
                settings.proxy->port, parsed.status, url.host_and_port());
  // A TLS server never speaks first.
  if (!input.empty()) return fail(kBadHttp, "the proxy sent bytes behind its answer to CONNECT");
  return {};
}

Result<HttpClient::State::Connection> HttpClient::State::dial(const SentRequest& sent,
                                                              const Deadline& deadline) {
  const Url& url = sent.url;
  const std::string& host = settings.proxy ? settings.proxy->host : url.host;
  const std::uint16_t port = settings.proxy ? settings.proxy->port : url.port;
  auto connection = std::make_unique<ClientConnection>(TRY(connect_tcp(host, port, deadline)));
  if (!url.tls) return connection;
  if (settings.proxy) TRY(open_tunnel(*connection, url, deadline));
  const std::string& expected = settings.tls.expected_name;
  connection->peer = {tls.get(), url.host_and_port(), expected.empty() ? url.host : expected,
                      std::nullopt, false};
  TRY_IN(tls->connect(connection->stream, connection->peer, url.host, deadline), "TLS with {}",
         url.host_and_port());
  return connection;
}

Result<HttpClient::State::Connection> HttpClient::State::take_connection(const SentRequest& sent,
                                                                         bool fresh,
                                                                         const Deadline& deadline) {
  const std::string key = (sent.url.tls ? "https " : "http ") + sent.url.host_and_port();
  if (!fresh)
    if (Connection found = find_kept(key)) return found;
  auto made = dial(sent, deadline.within(settings.limits.connect_time));
  if (made) (*made)->key = key;
  return made;
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::~HttpClient() = default;

Result<std::unique_ptr<HttpClient>> HttpClient::create(ClientSettings settings,
                                                       const Clock& clock) {
  if (!is_field_value(settings.user_agent))
    return fail(kBadRequest, "the user agent's name holds a control character");
  // sendfile has no flag against SIGPIPE.
  struct sigaction now {};
  if (::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
    ::signal(SIGPIPE, SIG_IGN);
  auto state = std::make_unique<State>(std::move(settings), clock);
  state->tls = TRY(ClientTlsContext::create(state->settings, clock));
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(state)));
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request) {
  const ClientLimits& limits = state_->settings.limits;
  const SentRequest sent = TRY(state_->sent_request(request));
  const std::string head = TRY(request_head(request, sent, state_->settings.user_agent));
  const Deadline deadline(state_->clock, request.time, limits.stall_time, state_->settings.stop);
  for (bool fresh : {false, true}) {
    auto connection = TRY(state_->take_connection(sent, fresh, deadline));
    bool keep = false;
    auto answered = exchange(*connection, request, head, limits, deadline, keep);
    if (answered) {
      if (keep) state_->keep(std::move(connection));
      return std::move(*answered);
    }
    ExchangeFailure& failure = answered.error();
    // The server had given up a kept connection while the request was on its way.
    const bool stale = connection->reused && failure.before_answer &&
                       failure.error.is(kConnectionLost) && is_idempotent(request.method);
    if (!stale) return fail(std::move(failure.error).in(request.url));
  }
  return fail(kConnectionLost, "{}: the connection was lost twice", request.url);
}

struct WaitingCall::State {
  State(HttpClient::State& client, ClientRequest sent, HttpClient::State::Connection made)
      : client(client), request(std::move(sent)), connection(std::move(made)) {}

  // Whether something of the answer is there, or the end. Waits for nothing.
  bool look();

  HttpClient::State& client;
  const ClientRequest request;
  HttpClient::State::Connection connection;
  Bytes input;
  bool looked = false;
};

bool WaitingCall::State::look() {
  looked = true;
  char part[4096];
  std::size_t got = 0;
  const Io io = connection->stream.stream().read(part, sizeof part, got);
  input.append(part, got);
  return io != Io::WantRead && io != Io::WantWrite;
}

WaitingCall::WaitingCall(std::unique_ptr<State> state) : state_(std::move(state)) {}
WaitingCall::~WaitingCall() = default;

bool WaitingCall::reused_connection() const { return state_->connection->reused; }
bool WaitingCall::resumed_session() const { return state_->connection->peer.resumed; }

bool WaitingCall::wait(Duration time) {
  if (!state_->connection || !state_->input.empty()) return true;
  // Bytes may lie in OpenSSL's buffer since the handshake, of which poll(2) does not tell.
  if (!state_->looked && state_->look()) return true;
  const Deadline deadline(state_->client.clock, time, time, state_->client.settings.stop);
  while (deadline.wait(state_->connection->stream.stream().fd(), POLLIN))
    if (state_->look()) return true;  // else a session ticket, or part of a record
  return false;
}

Result<ClientResponse> WaitingCall::finish() {
  if (!state_->connection) return fail(kConnectionLost, "the call is over");
  auto connection = std::exchange(state_->connection, nullptr);
  HttpClient::State& client = state_->client;
  const ClientLimits& limits = client.settings.limits;
  const Deadline deadline(client.clock, state_->request.time, limits.stall_time,
                          client.settings.stop);
  bool keep = false;
  auto answer = receive_answer(*connection, state_->request, state_->input, limits, deadline, keep);
  if (!answer) return fail(std::move(answer.error().error).in(state_->request.url));
  if (keep) client.keep(std::move(connection));
  return std::move(*answer);
}

Result<std::unique_ptr<WaitingCall>> HttpClient::begin(ClientRequest request) {
  const ClientLimits& limits = state_->settings.limits;
  const SentRequest sent = TRY(state_->sent_request(request));
  const std::string head = TRY(request_head(request, sent, state_->settings.user_agent));
  const Deadline deadline(state_->clock, request.time, limits.stall_time, state_->settings.stop);
  auto connection = TRY(state_->take_connection(sent, false, deadline));
  Bytes early;
  TRY_IN(send_request(*connection, request, head, early, deadline), "{}", request.url);
  auto call =
      std::make_unique<WaitingCall::State>(*state_, std::move(request), std::move(connection));
  call->input = std::move(early);
  return std::unique_ptr<WaitingCall>(new WaitingCall(std::move(call)));
}

void HttpClient::close_kept_connections() {
  std::list<State::Connection> ended;
  const std::lock_guard lock(state_->mutex);
  ended.swap(state_->kept);
}

void HttpClient::close_idle_connections() {
  std::list<State::Connection> ended;
  const std::lock_guard lock(state_->mutex);
  state_->take_idle(ended);
}

}  // namespace muster::net
