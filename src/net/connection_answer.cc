// The second half of a connection: from a complete head to the last byte of the answer.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "base/check.h"
#include "base/log.h"
#include "net/connection.h"
#include "net/held_request.h"
#include "net/http_range.h"

namespace muster::net {
namespace {

// A full TLS record. Heads and small bodies leave in one write of at most this size.
constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kReserveAtMost = 1u << 20;

// Handlers throw nothing, but the libraries below them might.
template <typename Function>
auto call_guarded(Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    log::write(log::Level::Error, "net.handler.threw", "a handler did not answer",
               {{"cause", error.what()}});
    return text_response(500, "the server failed\n");
  }
}

Response busy_response() {
  Response busy = text_response(503, "too many requests wait already\n");
  busy.headers.add("Retry-After", "1");
  return busy;
}

// Adds what the request's conditions and range make of a file.
FileAnswer answer_for_file(const RequestHead& head, const FileBody& file, Response& response) {
  FileAnswer answer = response.status == 200 ? choose_file_answer(head, file.size, file.etag)
                                             : FileAnswer{response.status, 0, file.size};
  if (!file.etag.empty()) response.headers.set("ETag", file.etag);
  if (response.status == 200) response.headers.set("Accept-Ranges", "bytes");
  if (answer.status == 206)
    response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", answer.start,
                                                      answer.start + answer.size - 1, file.size));
  if (answer.status == 416)
    response.headers.set("Content-Range", fmt::format("bytes */{}", file.size));
  return answer;
}

}  // namespace

bool Connection::take_head() {
  Exchange& x = *exchange_;
  const ByteView text = input_.substr(0, x.scanner.head_size());
  const HttpLimits& limits = loop_.limits();
  const auto refusal =
      parse_request_head(text, {limits.head_bytes, limits.header_count, limits.target_bytes},
                         x.request.head, x.parsed);
  input_.remove_prefix(text.size());
  if (refusal) return refuse(*refusal);
  ++loop_.shared().counters.requests;
  ++requests_;
  x.head_only = x.request.head.method == "HEAD";
  x.close_after = !x.parsed.keep_alive || requests_ >= limits.requests_per_connection;
  x.request.head.peer = peer_;
  x.request.head.waited = loop_.events().clock().steady() - loop_.events().now();

  Resolved resolved = call_guarded([&]() -> Resolved { return purpose_->resolve(x.request.head); });
  if (auto* response = std::get_if<Response>(&resolved)) {
    if (x.parsed.framing.kind != BodyKind::None) return refuse(std::move(*response));
    x.response = std::move(*response);
    return respond();
  }
  x.route = std::get<Route>(std::move(resolved));
  x.decoder = BodyDecoder(x.parsed.framing, x.route.body_limit_bytes, limits.chunk_extension_bytes);
  if (x.decoder.state() == BodyDecoder::State::Refused) return refuse(x.decoder.refusal());
  if (x.route.body_folder)
    x.spool = std::make_unique<BodySpool>(*x.route.body_folder);
  else
    x.request.body.reserve(std::min<std::uint64_t>(x.parsed.framing.length, kReserveAtMost));
  if (x.parsed.expects_continue && input_.empty() && !send_continue()) return false;
  enter(State::Body);
  return true;
}

bool Connection::send_continue() {
  static constexpr ByteView kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  std::size_t sent = 0;
  // There is room for 25 bytes unless the peer has not read its earlier answers.
  if (stream_.write(kContinue, false, sent) == Io::Done && sent == kContinue.size()) return true;
  close();
  return false;
}

bool Connection::run_on_pool(std::function<void()> work, bool (Connection::*done)()) {
  const State before = state_;
  enter(State::Job);
  auto job = [this, work = std::move(work), done] {
    work();
    loop_.events().post([this, done] {
      if (state_ == State::Closed) return loop_.remove(*this);
      if ((this->*done)()) return advance();
      settle();
    });
  };
  const bool taken = loop_.shared().pool.post(std::move(job), exchange_->route.rank);
  if (!taken) enter(before);
  return taken;
}

bool Connection::spool_part() {
  if (run_on_pool([this] { exchange_->spool->write_part(); }, &Connection::part_spooled))
    return false;
  ++loop_.shared().counters.requests_refused;
  return refuse(busy_response());
}

bool Connection::part_spooled() {
  Exchange& x = *exchange_;
  if (x.spool->error()) {
    log::failure(log::Level::Error, "net.upload.failed", *x.spool->error());
    return refuse(text_response(507, "the body cannot be stored\n"));
  }
  if (x.decoder.state() != BodyDecoder::State::Done) {
    enter(State::Body);
    return true;
  }
  x.request.body_file = x.spool->finish();
  return run_handler();
}

bool Connection::hold() {
  Exchange& x = *exchange_;
  Holding made = call_guarded([&x]() -> Holding { return x.route.hold(x.request); });
  if (auto* now = std::get_if<Response>(&made)) {
    x.response = std::move(*now);
    return respond();
  }
  held_ = std::get<std::shared_ptr<HeldRequest>>(std::move(made));
  ++loop_.shared().counters.requests_held;
  auto early = held_->attach(loop_.events(), *this);
  if (!early && loop_.stopping()) early = std::make_unique<Response>(held_->run_out(true));
  if (early) {
    end_hold(true);
    x.response = std::move(*early);
    return respond();
  }
  held_head_only_ = x.head_only;
  held_close_after_ = x.close_after;
  x.reset();
  enter(State::Held);
  return hung_up_;
}

void Connection::end_hold(bool answered) {
  if (!held_) return;
  --loop_.shared().counters.requests_held;
  std::exchange(held_, nullptr)->detach(answered);
}

void Connection::answer_held(Response response) {
  if (state_ != State::Held) return;
  end_hold(true);
  Exchange& x = exchange();
  x.response = std::move(response);
  x.head_only = held_head_only_;
  x.close_after = held_close_after_;
  respond();
  advance();
}

bool Connection::run_handler() {
  Exchange& x = *exchange_;
  if (x.route.hold) return hold();
  const auto answer = [&x] {
    x.response = call_guarded([&x] { return x.route.handler(x.request); });
  };
  if (x.route.where == Where::Loop) {
    answer();
    return respond();
  }
  if (run_on_pool(answer, &Connection::respond)) return false;
  ++loop_.shared().counters.requests_refused;
  x.response = busy_response();
  return respond();
}

bool Connection::refuse(const Refusal& refusal) {
  ++loop_.shared().counters.requests_refused;
  return refuse(text_response(refusal.status, std::string(refusal.why) + "\n"));
}

bool Connection::refuse(Response response) {
  Exchange& x = exchange();
  x.response = std::move(response);
  x.close_after = x.unread = true;
  input_ = {};
  return respond();
}

bool Connection::respond() {
  Exchange& x = *exchange_;
  x.request.body_file.reset();  // gone before its sender hears of it
  if (loop_.stopping()) x.close_after = true;
  FileAnswer part{x.response.status, 0, 0};
  if (const auto* file = std::get_if<FileBody>(&x.response.body)) {
    part = answer_for_file(x.request.head, *file, x.response);
    x.file = file;
    x.file_position = file->offset + part.start;
  } else if (const auto* shared = std::get_if<std::shared_ptr<const Bytes>>(&x.response.body)) {
    if (*shared) x.memory = **shared;
  } else {
    x.memory = std::get<Bytes>(x.response.body);
  }
  if (x.file == nullptr) part.size = x.memory.size();

  std::optional<std::uint64_t> length = part.size;
  if (part.status == 204 || part.status == 304 || part.status < 200) length.reset();
  if (!append_response_head(x.text, x.response, part.status, length, loop_.date_line(),
                            x.close_after)) {
    log::write(log::Level::Error, "net.response.malformed", "a handler set a header field badly",
               {{"path", x.request.head.path}});
    x.text.clear();
    x.file = nullptr;
    x.response = text_response(500, "the server failed\n");
    return respond();
  }
  if (x.head_only || !length) part.size = 0;
  x.memory = x.memory.substr(0, x.file == nullptr ? part.size : 0);
  x.file_left = x.file != nullptr ? part.size : 0;
  // Small bodies leave together with their head; under TLS also the start of big ones, so that
  // all records are full.
  if (x.text.size() < kRecordBytes) {
    const std::size_t room = kRecordBytes - x.text.size();
    if (x.memory.size() <= room || stream_.tls() != nullptr) {
      x.text.append(x.memory.substr(0, room));
      x.memory.remove_prefix(std::min(room, x.memory.size()));
    }
  }
  enter(State::Writing);
  return true;
}

// Under TLS: several records for one read of the file. After WantWrite the same bytes are read
// and offered again, as OpenSSL asks.
Io Connection::write_file(std::size_t& sent) {
  Exchange& x = *exchange_;
  const std::size_t size = std::min<std::uint64_t>(x.file_left, ServerLoop::kScratchSize);
  char* scratch = loop_.write_scratch();
  const ssize_t got =
      ::pread(x.file->fd->get(), scratch, size, static_cast<off_t>(x.file_position));
  if (got != static_cast<ssize_t>(size)) return Io::Broken;  // the file has become shorter
  Io io = Io::Done;
  while (io == Io::Done && sent < size) {
    const std::size_t record = std::min(size - sent, kRecordBytes);
    std::size_t taken = 0;
    io = stream_.write({scratch + sent, record}, sent + record < x.file_left, taken);
    sent += taken;
  }
  return sent > 0 ? Io::Done : io;
}

Io Connection::write_part(std::size_t& sent) {
  Exchange& x = *exchange_;
  if (x.text_sent < x.text.size()) {
    // A small head held back for the file behind it makes sendfile slower, not faster (bench
    // content.file_1mb): the file's pages then lie across the borders of the segments.
    const bool more = !x.memory.empty() || (stream_.tls() != nullptr && x.file_left > 0);
    const Io io = stream_.write(ByteView(x.text).substr(x.text_sent), more, sent);
    x.text_sent += sent;
    return io;
  }
  if (!x.memory.empty()) {
    const bool more = stream_.tls() != nullptr && x.memory.size() > kRecordBytes;
    const Io io = stream_.write(x.memory, more, sent);
    x.memory.remove_prefix(sent);
    return io;
  }
  const Io io = stream_.tls() != nullptr
                    ? write_file(sent)
                    : stream_.send_file(x.file->fd->get(), x.file_position, x.file_left, sent);
  x.file_position += sent;
  x.file_left -= sent;
  return io;
}

bool Connection::write_out() {
  Exchange& x = *exchange_;
  if (x.text_sent == x.text.size() && x.memory.empty() && x.file_left == 0) return answer_written();
  if (!writable_) return false;
  std::size_t sent = 0;
  const Io io = write_part(sent);
  turn_left_ -= static_cast<std::int64_t>(sent);
  moved_bytes_ += sent;
  if (io == Io::Done) return true;
  if (io == Io::WantWrite)
    writable_ = false;
  else if (io == Io::WantRead)
    readable_ = false;
  else
    close();
  return false;
}

bool Connection::answer_written() {
  const bool close_after = exchange_->close_after;
  const bool unread = exchange_->unread || !input_.empty() || readable_;
  exchange_->reset();
  if (!close_after) {
    enter(State::Head);
    return true;
  }
  stream_.finish_writing();
  // Closing with unread input resets the connection, and the peer might lose the answer.
  if (unread) {
    input_ = {};
    loop_.give_back(std::move(exchange_));
    readable_ = true;
    enter(State::Linger);
    return true;
  }
  close();
  return false;
}

}  // namespace muster::net
