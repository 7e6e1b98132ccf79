#include "net/loop_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/client_exchange.h"
#include "net/errors.h"
#include "net/http_body.h"

namespace muster::net {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kChunkExtension = 1024;
constexpr std::uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

Result<os::Fd> begin_connect(const SocketAddress& address, const std::string& source) {
  os::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail(kSocketFailed, "socket: {}", std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!source.empty()) {
    // The port is chosen when the peer is known, so that each source has all of them.
    ::setsockopt(fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const auto from = TRY(parse_address(source, 0));
    if (::bind(fd.get(), from.get(), from.size) != 0)
      return fail(kSocketFailed, "bind to {}: {}", source, std::strerror(errno));
  }
  if (::connect(fd.get(), address.get(), address.size) != 0 && errno != EINPROGRESS)
    return fail(kConnectFailed, "{} port {}: {}", address.text(), address.port(),
                std::strerror(errno));
  return fd;
}

}  // namespace

struct LoopClient::State {
  // A decrypted part of any connection's answer: all are on one thread.
  std::vector<char> scratch = std::vector<char>(kReadBytes);
  State(LoopClientSettings given, EventLoop& loop)
      : settings(std::move(given)),
        loop(loop),
        connecting(settings.limits.connect_time),
        answering(settings.answer_time),
        holding(settings.longest_hold),
        idle(settings.limits.idle_time) {
    tls_settings.tls = settings.tls;
    tls_settings.limits = settings.limits;
    for (DeadlineList* list : {&connecting, &answering, &holding, &idle}) loop.add_deadlines(*list);
  }

  const LoopClientSettings settings;
  ClientSettings tls_settings;
  EventLoop& loop;
  Url url;
  SocketAddress address;
  std::unique_ptr<ClientTlsContext> tls;
  DeadlineList connecting, answering, holding, idle;
};

struct LoopCaller::Shown {
  Certificate certificate;
  PrivateKey key;
};

// A request on its way, and who waits for the answer.
struct LoopCaller::Call {
  Bytes bytes;
  bool may_repeat = false;
  Patience patience = Patience::Answer;
  std::uint64_t body_limit_bytes = 0;
  Done done;
  std::function<void()> sent;
};

class LoopConnection final : public Watch, private Timed {
 public:
  using Call = LoopCaller::Call;

  LoopConnection(LoopCaller& owner, os::Fd fd, std::shared_ptr<const LoopCaller::Shown> shown)
      : owner_(owner),
        client_(owner.client_),
        shown_(std::move(shown)),
        peer_{client_.tls.get(), fmt::format("{} {}", owner.name_, owner.times_shown_),
              client_.url.host, std::nullopt, false},
        stream_(std::move(fd)),
        begun_(client_.loop.now()) {
    if (!shown_) return;
    peer_.certificate = shown_->certificate.get();
    peer_.private_key = shown_->key.get();
  }

  bool is_idle() const { return state_ == At::Idle; }
  bool shows(const std::shared_ptr<const LoopCaller::Shown>& shown) const {
    return shown_ == shown;
  }

  void start(std::unique_ptr<Call> call) {
    call_ = std::move(call);
    client_.connecting.arm(*this, client_.loop.now());
    const auto watched = client_.loop.watch(stream_.fd(), kEvents, *this);
    if (watched) return;
    owner_.fail_later(std::move(call_), watched.error());
    end_idle();
  }
  // It is sent in the loop's next round: what that finds may end the connection.
  void carry(std::unique_ptr<Call> call) {
    call_ = std::move(call);
    reused_ = true;
    begin_request();
    client_.loop.rewatch(stream_.fd(), kEvents, *this);
  }
  // Nothing of it is told any more.
  void abandon() {
    disarm();
    client_.loop.unwatch(stream_.fd());
    stream_.close();
    state_ = At::Ended;
    call_.reset();
  }

  void on_events(std::uint32_t events) override {
    if (state_ == At::Ended) return;
    if (state_ == At::Connecting && !connected(events)) return;
    if (state_ == At::Handshake && !shaken()) return;
    if (state_ == At::Sending && !sent()) return;
    if (state_ == At::Receiving || state_ == At::Idle) receive();
  }

 private:
  enum class At { Connecting, Handshake, Sending, Receiving, Idle, Ended };

  void on_deadline() override {
    if (state_ == At::Idle) return end_idle();
    end(Error(kDeadlinePassed, "no answer in time"));
  }

  bool connected(std::uint32_t events) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(stream_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || (events & (EPOLLERR | EPOLLHUP)) != 0) {
      end(Error(kConnectFailed, fmt::format("{}: {}", client_.settings.server,
                                            std::strerror(error != 0 ? error : ECONNRESET))));
      return false;
    }
    if ((events & EPOLLOUT) == 0) return false;
    const auto begun = client_.tls->begin(stream_, peer_, client_.url.host);
    if (!begun) {
      end(begun.error());
      return false;
    }
    state_ = At::Handshake;
    return true;
  }

  bool shaken() {
    const auto io = client_.tls->go_on(stream_, peer_);
    if (!io) {
      end(io.error());
      return false;
    }
    if (*io != Io::Done) return false;
    if (client_.settings.connected)
      client_.settings.connected(client_.loop.clock().steady() - begun_, peer_.resumed);
    begin_request();
    return true;
  }

  void begin_request() {
    state_ = At::Sending;
    offset_ = 0;
    got_any_ = false;
    in_.clear();
    scanner_.reset();
    head_read_ = false;
    response_ = {};
    const bool hold = call_->patience == LoopCaller::Patience::Hold;
    (hold ? client_.holding : client_.answering).arm(*this, client_.loop.now());
  }

  bool sent() {
    const ByteView all = call_->bytes;
    while (offset_ < all.size()) {
      std::size_t taken = 0;
      const Io io = stream_.write(all.substr(offset_), false, taken);
      offset_ += taken;
      if (io == Io::WantWrite || io == Io::WantRead) return false;
      if (io != Io::Done) {
        lose();
        return false;
      }
    }
    state_ = At::Receiving;
    // Who is told may drop the connection, and with it the call.
    if (const auto tell = std::exchange(call_->sent, nullptr)) tell();
    return true;
  }

  void receive() {
    for (;;) {
      std::size_t got = 0;
      const Io io = stream_.read(client_.scratch.data(), kReadBytes, got);
      if (io == Io::WantRead || io == Io::WantWrite) return;
      if (state_ == At::Idle) return end_idle();  // closed, or bytes that nobody asked for
      if (io != Io::Done) return closed();
      got_any_ = true;
      take(ByteView(client_.scratch.data(), got));
      // The socket tells of what comes behind once: it is read now, unless somebody sends again.
      if (state_ != At::Receiving && state_ != At::Idle) return;
    }
  }

  void closed() {
    if (head_read_ && body_.ends_with_connection()) return finish(false);
    lose();
  }

  void take(ByteView part) {
    if (!head_read_) {
      in_.append(part);
      const auto state = scanner_.scan(in_, client_.settings.limits.head_bytes);
      if (state == HeadScanner::State::Refused) return malformed(scanner_.refusal());
      if (state != HeadScanner::State::Complete) return;
      if (!read_head()) return;
      const Bytes rest = in_.substr(scanner_.head_size());
      in_.clear();
      return take_body(rest);
    }
    take_body(part);
  }

  bool read_head() {
    const ClientLimits& limits = client_.settings.limits;
    const auto refusal =
        parse_response_head(ByteView(in_).substr(0, scanner_.head_size()),
                            {limits.head_bytes, limits.header_count, 0}, false, parsed_);
    if (refusal) {
      malformed(*refusal);
      return false;
    }
    if (parsed_.status < 200) {
      end(Error(kBadHttp, "the answer: an unexpected interim answer"));
      return false;
    }
    head_read_ = true;
    body_ = BodyDecoder(parsed_.framing, call_->body_limit_bytes, kChunkExtension);
    return true;
  }

  void take_body(ByteView rest) {
    while (!rest.empty() && body_.state() == BodyDecoder::State::More)
      response_.body.append(body_.next(rest));
    if (body_.state() == BodyDecoder::State::Refused) return malformed(body_.refusal());
    if (body_.state() == BodyDecoder::State::Done) finish(parsed_.keep_alive && rest.empty());
  }

  void finish(bool keep) {
    ClientResponse response = std::move(response_);
    response.status = parsed_.status;
    response.headers = std::move(parsed_.headers);
    response.reused_connection = reused_;
    response.resumed_session = peer_.resumed;
    auto call = std::move(call_);
    response_ = {};
    parsed_ = {};
    if (keep) {
      state_ = At::Idle;
      client_.idle.arm(*this, client_.loop.now());
    } else {
      end_idle();
    }
    // Last: the caller may send on this very connection, or drop it.
    call->done(std::move(response));
  }

  void malformed(const Refusal& refusal) {
    end(Error(kBadHttp, fmt::format("the answer: {}", refusal.why)));
  }

  // The server had given up a kept connection while the request was on its way.
  void lose() {
    if (reused_ && !got_any_ && call_->may_repeat) {
      auto call = std::move(call_);
      LoopCaller& owner = owner_;
      end_idle();
      return owner.dial(std::move(call));
    }
    const std::string why = stream_.error_text();
    end(Error(kConnectionLost, why.empty() ? "the peer closed the connection" : why));
  }

  void end(Error error) {
    auto call = std::move(call_);
    end_idle();
    if (call) call->done(fail(std::move(error)));
  }

  void end_idle() {
    abandon();
    owner_.remove(this);
  }

  LoopCaller& owner_;
  LoopClient::State& client_;
  const std::shared_ptr<const LoopCaller::Shown> shown_;
  ClientTlsContext::Peer peer_;  // before the stream, so that it outlives it
  SocketStream stream_;
  At state_ = At::Connecting;
  const Duration begun_;
  std::unique_ptr<Call> call_;
  std::size_t offset_ = 0;
  bool reused_ = false;
  bool got_any_ = false;
  bool head_read_ = false;
  Bytes in_;
  HeadScanner scanner_;
  ParsedResponse parsed_;
  BodyDecoder body_;
  ClientResponse response_;
};

LoopClient::LoopClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
LoopClient::~LoopClient() = default;

Result<std::unique_ptr<LoopClient>> LoopClient::create(LoopClientSettings settings,
                                                       EventLoop& loop) {
  const Url url = TRY(parse_url(settings.server + "/"));
  if (!url.tls) return fail(kBadUrl, "{}: https:// is wanted", settings.server);
  auto state = std::make_unique<State>(std::move(settings), loop);
  state->url = url;
  state->address = TRY(resolve(url.host, url.port, state->settings.limits.connect_time)).front();
  state->tls = TRY(ClientTlsContext::create(state->tls_settings, loop.clock()));
  return std::unique_ptr<LoopClient>(new LoopClient(std::move(state)));
}

std::unique_ptr<LoopCaller> LoopClient::caller(std::string name, std::string source) {
  return std::unique_ptr<LoopCaller>(new LoopCaller(*state_, std::move(name), std::move(source)));
}

LoopCaller::LoopCaller(LoopClient::State& client, std::string name, std::string source)
    : client_(client), name_(std::move(name)), source_(std::move(source)) {}

LoopCaller::~LoopCaller() { drop_connections(); }

void LoopCaller::drop_connections() {
  auto connections = std::move(connections_);
  connections_.clear();
  for (auto& connection : connections) {
    connection->abandon();
    client_.loop.retire(std::move(connection));
  }
}

void LoopCaller::close_idle() {
  std::erase_if(connections_, [&](std::unique_ptr<LoopConnection>& connection) {
    if (!connection->is_idle()) return false;
    connection->abandon();
    client_.loop.retire(std::move(connection));
    return true;
  });
}

Result<void> LoopCaller::show(std::string_view certificate_pem, std::string_view key_pem) {
  auto shown = std::make_shared<Shown>();
  const auto bio = [](std::string_view text) {
    return std::unique_ptr<BIO, int (*)(BIO*)>(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  };
  shown->certificate.reset(
      PEM_read_bio_X509(bio(certificate_pem).get(), nullptr, nullptr, nullptr));
  shown->key.reset(PEM_read_bio_PrivateKey(bio(key_pem).get(), nullptr, nullptr, nullptr));
  if (!shown->certificate || !shown->key ||
      X509_check_private_key(shown->certificate.get(), shown->key.get()) != 1)
    return fail(kBadCertificate, "caller {}: {}", name_, openssl_error_text());
  shown_ = std::move(shown);
  ++times_shown_;
  return {};
}

void LoopCaller::send(const ClientRequest& request, Patience patience, Done done,
                      std::function<void()> sent_whole) {
  auto call = std::make_unique<Call>();
  call->may_repeat = request.method == "GET";
  call->patience = patience;
  call->body_limit_bytes = request.body_limit_bytes;
  call->done = std::move(done);
  call->sent = std::move(sent_whole);
  SentRequest sent{client_.url, false, {}};
  sent.url.target = request.url;
  auto head = request_head(request, sent, client_.settings.user_agent);
  if (!head) return fail_later(std::move(call), head.error());
  call->bytes = *std::move(head) + std::get<Bytes>(request.body);
  const auto kept = std::ranges::find_if(
      connections_, [&](const auto& each) { return each->is_idle() && each->shows(shown_); });
  if (kept == connections_.end()) return dial(std::move(call));
  (*kept)->carry(std::move(call));
}

void LoopCaller::dial(std::unique_ptr<Call> call) {
  auto fd = begin_connect(client_.address, source_);
  if (!fd) return fail_later(std::move(call), fd.error());
  connections_.push_back(std::make_unique<LoopConnection>(*this, *std::move(fd), shown_));
  connections_.back()->start(std::move(call));
}

void LoopCaller::remove(LoopConnection* connection) {
  const auto found = std::ranges::find_if(
      connections_, [&](const auto& each) { return each.get() == connection; });
  if (found == connections_.end()) return;
  client_.loop.retire(std::move(*found));
  connections_.erase(found);
}

void LoopCaller::fail_later(std::unique_ptr<Call> call, const Error& error) {
  const std::shared_ptr<Call> shared = std::move(call);
  client_.loop.post([shared, error] { shared->done(fail(error)); });
}

}  // namespace muster::net
