// A socket stream for a caller that waits: every wait ends at a deadline.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/address.h"
#include "net/socket_stream.h"

namespace muster::net {

// When an operation must have ended, and how long it may stand still before that.
class Deadline {
 public:
  // `stop`, where it is given, ends every wait soon after it is set.
  Deadline(const Clock& clock, Duration time, Duration stall,
           const std::atomic<bool>* stop = nullptr)
      : clock_(&clock), end_(clock.steady() + time), stall_(stall), stop_(stop) {}
  // The same end or an earlier one.
  Deadline within(Duration time) const;
  Duration left() const;
  // Until poll(2) reports one of the events. Errors: kDeadlinePassed, kStopped, kSocketFailed.
  Result<short> wait(int fd, short poll_events) const;

 private:
  const Clock* clock_;
  Duration end_;
  Duration stall_;
  const std::atomic<bool>* stop_;
};

// Tries each address in turn. Errors: kConnectFailed, kDeadlinePassed.
Result<os::Fd> connect_tcp(const std::string& host, std::uint16_t port, const Deadline& deadline);

class BlockingStream {
 public:
  explicit BlockingStream(os::Fd fd) : stream_(std::move(fd)) {}

  SocketStream& stream() { return stream_; }

  // Nothing: the peer has ended its side in order. Errors: kConnectionLost and those of wait.
  Result<std::size_t> read(char* out, std::size_t capacity, const Deadline& deadline);

  // Everything, unless the peer answers before the end: what it sends then is kept in `early`
  // and writing stops. Errors as read.
  Result<void> write(ByteView bytes, Bytes& early, const Deadline& deadline);
  Result<void> write_file(int file, std::uint64_t offset, std::uint64_t size, Bytes& early,
                          const Deadline& deadline);

  // False when the peer has closed a connection that nobody used, or has sent what nobody
  // asked for.
  bool is_quiet();

 private:
  Result<void> wait_to_write(Io io, Bytes& early, const Deadline& deadline);
  SocketStream stream_;
};

}  // namespace muster::net
