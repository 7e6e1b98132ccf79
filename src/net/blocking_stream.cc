#include "net/blocking_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/errors.h"

namespace muster::net {
namespace {

constexpr std::size_t kPartBytes = 16 * 1024;
constexpr Duration kStopCheck = std::chrono::milliseconds(200);

Failure lost(const SocketStream& stream) {
  const std::string why = stream.error_text();
  return fail(kConnectionLost, "{}", why.empty() ? "the peer closed the connection" : why);
}

Result<os::Fd> connect_one(const SocketAddress& address, const Deadline& deadline) {
  os::Fd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail(kSocketFailed, "socket: {}", std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  int error = ::connect(fd.get(), address.get(), address.size) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    TRY(deadline.wait(fd.get(), POLLOUT));
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0)
    return fail(kConnectFailed, "{} port {}: {}", address.text(), address.port(),
                std::strerror(error));
  return fd;
}

}  // namespace

Deadline Deadline::within(Duration time) const {
  Deadline nearer = *this;
  nearer.end_ = std::min(end_, clock_->steady() + time);
  return nearer;
}

Duration Deadline::left() const { return std::max(Duration(0), end_ - clock_->steady()); }

Result<short> Deadline::wait(int fd, short poll_events) const {
  const Duration time = std::min(left(), stall_);
  const Duration begun = clock_->steady();
  for (;;) {
    if (stop_ != nullptr && *stop_) return fail(kStopped, "while it waited for a peer");
    Duration part = std::max(Duration(0), time - (clock_->steady() - begun));
    const bool last = stop_ == nullptr || part <= kStopCheck;
    if (!last) part = kStopCheck;
    pollfd entry{fd, poll_events, 0};
    const int ready =
        ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(part.count(), 1'000'000'000)));
    if (ready > 0) return entry.revents;
    if (ready == 0 && last) return fail(kDeadlinePassed, "nothing moved for {} ms", time.count());
    if (ready < 0 && errno != EINTR) return fail(kSocketFailed, "poll: {}", std::strerror(errno));
  }
}

Result<os::Fd> connect_tcp(const std::string& host, std::uint16_t port, const Deadline& deadline) {
  const auto addresses = TRY(resolve(host, port, deadline.left()));
  Result<os::Fd> last = fail(kConnectFailed, "{} has no address", host);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto share = deadline.left() / static_cast<std::int64_t>(addresses.size() - i);
    last = connect_one(addresses[i], deadline.within(share));
    if (last) return last;
  }
  return Failure(std::move(last).error().in(fmt::format("connecting to {}", host)));
}

Result<std::size_t> BlockingStream::read(char* out, std::size_t capacity,
                                         const Deadline& deadline) {
  for (;;) {
    std::size_t got = 0;
    switch (stream_.read(out, capacity, got)) {
      case Io::Done:
        return got;
      case Io::Closed:
        return std::size_t{0};
      case Io::WantRead:
        TRY(deadline.wait(stream_.fd(), POLLIN));
        break;
      case Io::WantWrite:
        TRY(deadline.wait(stream_.fd(), POLLOUT));
        break;
      case Io::Broken:
        return lost(stream_);
    }
  }
}

Result<void> BlockingStream::wait_to_write(Io io, Bytes& early, const Deadline& deadline) {
  if (io != Io::WantWrite && io != Io::WantRead) return lost(stream_);
  const short wanted = io == Io::WantWrite ? POLLOUT : POLLIN;
  const short events = TRY(deadline.wait(stream_.fd(), static_cast<short>(wanted | POLLIN)));
  if ((events & POLLIN) == 0) return {};
  // A session ticket, an answer before its time, or the end.
  char part[4096];
  std::size_t got = 0;
  const Io read = stream_.read(part, sizeof part, got);
  early.append(part, got);
  if (read == Io::Closed || read == Io::Broken) return lost(stream_);
  // Only a ticket's bytes were there: from now on wait for what was wanted alone.
  if (got == 0 && (events & wanted) == 0) TRY(deadline.wait(stream_.fd(), wanted));
  return {};
}

Result<void> BlockingStream::write(ByteView bytes, Bytes& early, const Deadline& deadline) {
  while (!bytes.empty() && early.empty()) {
    std::size_t sent = 0;
    const Io io = stream_.write(bytes, false, sent);
    bytes.remove_prefix(sent);
    if (io != Io::Done) TRY(wait_to_write(io, early, deadline));
  }
  return {};
}

Result<void> BlockingStream::write_file(int file, std::uint64_t offset, std::uint64_t size,
                                        Bytes& early, const Deadline& deadline) {
  struct stat info {};
  if (::fstat(file, &info) != 0 || offset + size > static_cast<std::uint64_t>(info.st_size))
    return fail(kBadRequest, "the file of the body is shorter than was said");
  char part[kPartBytes];
  while (size > 0 && early.empty()) {
    std::size_t sent = 0;
    Io io;
    if (stream_.tls() == nullptr) {
      io = stream_.send_file(file, offset, size, sent);
    } else {
      const std::size_t wanted = std::min<std::uint64_t>(size, sizeof part);
      if (::pread(file, part, wanted, static_cast<off_t>(offset)) != static_cast<ssize_t>(wanted))
        return fail(kBadRequest, "the file of the body became shorter");
      io = stream_.write({part, wanted}, false, sent);
    }
    offset += sent;
    size -= sent;
    if (io != Io::Done) TRY(wait_to_write(io, early, deadline));
  }
  return {};
}

bool BlockingStream::is_quiet() {
  char byte;
  std::size_t got = 0;
  return stream_.read(&byte, 1, got) == Io::WantRead;
}

}  // namespace muster::net
