#include "net/connection.h"

#include <openssl/ssl.h>
#include <sys/epoll.h>

#include "net/tls_server.h"

namespace muster::net {
namespace {

constexpr std::uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLET;
// One connection's share of a round of the loop, and what a request counts for.
constexpr std::int64_t kTurnBytes = 4 << 20;
constexpr std::int64_t kRequestBytes = 4096;
constexpr std::size_t kReadMore = 16 * 1024;

}  // namespace

Connection::Connection(ServerLoop& loop, std::shared_ptr<const ListenerPurpose> purpose, os::Fd fd,
                       Peer peer)
    : loop_(loop), purpose_(std::move(purpose)), stream_(std::move(fd)), peer_(std::move(peer)) {}

Connection::~Connection() {
  end_hold(false);
  --loop_.shared().counters.connections_open;
  loop_.shared().quota.leave(peer_.address);
}

void Connection::start() {
  if (purpose_->tls) {
    SSL* tls = purpose_->tls->state().new_connection();
    if (tls == nullptr) return close();
    stream_.start_tls(tls);
    enter(State::Handshake);
  }
  if (!loop_.events().watch(stream_.fd(), kInput, *this)) return close();
  turn_left_ = kTurnBytes;
  settle();
}

void Connection::on_events(std::uint32_t epoll_events) {
  if (state_ == State::Closed) return;
  if ((epoll_events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((epoll_events & EPOLLIN) != 0 || hung_up_) readable_ = true;
  if ((epoll_events & EPOLLOUT) != 0 || hung_up_) writable_ = true;
  if (state_ != State::Handshake) return advance();
  if (!std::exchange(waits_for_turn_, true)) loop_.queue_handshake(peer_.address, *this);
}

void Connection::take_turn() {
  waits_for_turn_ = false;
  advance();
}

void Connection::on_deadline() {
  switch (state_) {
    case State::Job:
    case State::Closed:
      return;
    case State::Linger:
      return close();
    case State::Handshake:
      ++loop_.shared().counters.handshakes_failed;
      return close();
    case State::Held:
      return answer_held(held_->run_out(false));
    case State::Head:
      if (exchange_) {
        refuse({408, "the request's head took too long"});
        return advance();
      }
      stream_.finish_writing();
      return close();
    case State::Body:
    case State::Writing:
      break;
  }
  const HttpLimits& limits = loop_.limits();
  const auto least = limits.least_rate_bytes_per_s *
                     static_cast<std::uint64_t>(limits.rate_interval.count()) / 1000;
  if (moved_bytes_ >= least) {
    moved_bytes_ = 0;
    return loop_.arm(*this, WaitKind::Rate);
  }
  if (state_ == State::Writing) return close();
  refuse({408, "the request's body came too slowly"});
  advance();
}

void Connection::begin_stop() {
  if (state_ == State::Held) return answer_held(held_->run_out(true));
  if (state_ != State::Handshake && (state_ != State::Head || exchange_)) return;
  stream_.finish_writing();
  close();
}

void Connection::close() {
  if (state_ == State::Closed) return;
  const bool job_runs = state_ == State::Job;
  state_ = State::Closed;
  if (std::exchange(waits_for_turn_, false)) loop_.leave_handshakes(peer_.address, *this);
  end_hold(false);
  disarm();
  // Closing alone is not enough: a child process that was just forked still has the socket, and
  // epoll would go on naming this object.
  loop_.events().unwatch(stream_.fd());
  stream_.close();
  if (!job_runs) loop_.remove(*this);
}

void Connection::enter(State state) {
  state_ = state;
  fresh_state_ = true;
}

Exchange& Connection::exchange() {
  if (!exchange_) exchange_ = loop_.borrow_exchange();
  return *exchange_;
}

void Connection::advance() {
  turn_left_ = kTurnBytes;
  while (turn_left_ > 0 && step()) {
  }
  settle();
}

bool Connection::step() {
  switch (state_) {
    case State::Handshake:
      return handshake();
    case State::Head:
      return read_head();
    case State::Body:
      return read_body();
    case State::Writing:
      return write_out();
    case State::Linger:
      return linger();
    case State::Held:
      // Nobody is there to answer. What else it sends waits until it has its answer.
      if (hung_up_) close();
      return false;
    case State::Job:
    case State::Closed:
      return false;
  }
  return false;
}

// The loop's scratch is for whoever is at work, so unused bytes move to memory of their own.
void Connection::keep_input() {
  std::string& kept = exchange().input;
  if (input_.data() >= kept.data() && input_.data() <= kept.data() + kept.size())
    kept.erase(0, static_cast<std::size_t>(input_.data() - kept.data()));
  else
    kept.assign(input_);
  input_ = kept;
}

void Connection::settle() {
  if (state_ == State::Closed) return;
  if (!input_.empty()) keep_input();
  if (state_ == State::Job) return disarm();
  const bool between = state_ == State::Head || state_ == State::Held;
  if (between && input_.empty() && exchange_) loop_.give_back(std::move(exchange_));
  if (state_ == State::Held) {
    if (!std::exchange(fresh_state_, false)) return;
    if (held_->time_ == HeldRequest::Time::Brief) return loop_.arm(*this, WaitKind::Linger);
    return loop_.arm_held(*this);
  }

  WaitKind wanted = WaitKind::Rate;
  if (state_ == State::Handshake) wanted = WaitKind::Handshake;
  if (state_ == State::Head) wanted = exchange_ ? WaitKind::Head : WaitKind::Idle;
  if (state_ == State::Linger) wanted = WaitKind::Linger;
  if (fresh_state_ || wanted != armed_) {
    loop_.arm(*this, wanted);
    armed_ = wanted;
    fresh_state_ = false;
    moved_bytes_ = 0;
  }
  // Asks for room to write only once it was missing: most connections never do. The same call
  // brings a connection back that has used up its turn.
  if (turn_left_ <= 0 || (!writable_ && !watches_output_)) {
    watches_output_ = true;
    turn_left_ = kTurnBytes;
    loop_.events().rewatch(stream_.fd(), kInput | EPOLLOUT, *this);
  }
}

bool Connection::handshake() {
  switch (stream_.handshake()) {
    case Io::Done:
      if (!purpose_->tls->state().identify_peer(stream_.tls(), peer_)) break;
      // The handshake reads whatever is there, announced or not: the first request may have come
      // with its last message and lie in OpenSSL's buffer, of which no event will tell.
      readable_ = true;
      enter(State::Head);
      return true;
    case Io::WantRead:
      readable_ = false;
      return false;
    case Io::WantWrite:
      writable_ = false;
      return false;
    case Io::Closed:
    case Io::Broken:
      break;
  }
  ++loop_.shared().counters.handshakes_failed;
  close();
  return false;
}

bool Connection::fill() {
  if (!readable_) return false;
  char* start = loop_.read_scratch();
  std::size_t capacity = ServerLoop::kScratchSize;
  std::size_t used = 0;
  const bool behind = !input_.empty();
  if (behind) {
    keep_input();
    std::string& kept = exchange_->input;
    used = kept.size();
    capacity = kReadMore;
    kept.resize(used + capacity);
    start = kept.data();
  }
  std::size_t got = 0;
  const Io io = stream_.read(start + used, capacity, got);
  if (behind) exchange_->input.resize(used + got);
  input_ = {start, used + got};
  turn_left_ -= static_cast<std::int64_t>(got);
  moved_bytes_ += got;
  if (io == Io::Done) {
    if (!hung_up_ && stream_.drained()) readable_ = false;
    return true;
  }
  if (io == Io::WantRead)
    readable_ = false;
  else if (io == Io::WantWrite)
    writable_ = false;
  else
    close();
  return false;
}

bool Connection::read_head() {
  if (input_.empty() && !fill()) return false;
  switch (exchange().scanner.scan(input_, loop_.limits().head_bytes)) {
    case HeadScanner::State::Complete:
      turn_left_ -= kRequestBytes;
      return take_head();
    case HeadScanner::State::Refused:
      return refuse(exchange_->scanner.refusal());
    case HeadScanner::State::Incomplete:
      return fill();
  }
  return false;
}

bool Connection::read_body() {
  Exchange& x = *exchange_;
  if (x.decoder.state() == BodyDecoder::State::More) {
    if (input_.empty() && !fill()) return false;
    Bytes& body = x.spool ? x.spool->part : x.request.body;
    body.append(x.decoder.next(input_));
  }
  switch (x.decoder.state()) {
    case BodyDecoder::State::Refused:
      return refuse(x.decoder.refusal());
    case BodyDecoder::State::Done:
      return x.spool ? spool_part() : run_handler();
    case BodyDecoder::State::More:
      break;
  }
  return !x.spool || x.spool->part.size() < BodySpool::kPartSize || spool_part();
}

bool Connection::linger() {
  if (!readable_) return false;
  switch (stream_.discard(loop_.read_scratch(), ServerLoop::kScratchSize)) {
    case Io::Done:
      turn_left_ -= kRequestBytes;
      return true;
    case Io::WantRead:
      readable_ = false;
      return false;
    default:
      close();
      return false;
  }
}

}  // namespace muster::net
