#include "net/unix_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "base/log.h"
#include "net/blocking_stream.h"
#include "net/errors.h"
#include "net/refusal_tally.h"

namespace muster::net {
namespace fs = std::filesystem;
namespace {

constexpr Duration kNoStall = Duration::max();
constexpr std::size_t kHeadBytes = 4;
constexpr std::size_t kReadStep = 256 * 1024;

Result<sockaddr_un> unix_address(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return fail(kSocketFailed, "{}: over {} bytes, too long for a Unix socket", path.string(),
                sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// False: the peer ended before the first byte.
Result<bool> read_exactly(int fd, char* out, std::size_t size, const Deadline& deadline) {
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = ::recv(fd, out + done, size - done, 0);
    if (got > 0) {
      done += static_cast<std::size_t>(got);
    } else if (got == 0) {
      if (done == 0) return false;
      return fail(kConnectionLost, "the peer closed the connection within a frame");
    } else if (errno == EAGAIN) {
      TRY(deadline.wait(fd, POLLIN));
    } else if (errno != EINTR) {
      return fail(kConnectionLost, "recv: {}", std::strerror(errno));
    }
  }
  return true;
}

// Grows with what arrives, so that a length alone costs no memory.
Result<Bytes> read_frame(int fd, std::size_t limit, const Deadline& deadline) {
  char head[kHeadBytes];
  if (!TRY(read_exactly(fd, head, sizeof head, deadline)))
    return fail(kConnectionLost, "the peer closed the connection");
  const std::uint32_t size = TRY(ByteReader({head, sizeof head}).u32());
  if (size > limit) return fail(kMessageTooLarge, "a frame of {} bytes, {} allowed", size, limit);
  Bytes frame;
  while (frame.size() < size) {
    const std::size_t before = frame.size();
    frame.resize(std::min<std::size_t>(size, before + kReadStep));
    if (!TRY(read_exactly(fd, frame.data() + before, frame.size() - before, deadline)))
      return fail(kConnectionLost, "the peer closed the connection within a frame");
  }
  return frame;
}

Result<void> write_frame(int fd, ByteView frame, const Deadline& deadline) {
  if (frame.size() > UINT32_MAX) return fail(kMessageTooLarge, "a frame over 4 GiB");
  ByteWriter writer;
  writer.u32(static_cast<std::uint32_t>(frame.size()));
  writer.bytes(frame);
  for (ByteView rest = writer.view(); !rest.empty();) {
    const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent >= 0)
      rest.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN)
      TRY(deadline.wait(fd, POLLOUT));
    else if (errno != EINTR)
      return fail(kConnectionLost, "send: {}", std::strerror(errno));
  }
  return {};
}

Result<os::Fd> connect_unix(const fs::path& path, const Deadline& deadline) {
  const sockaddr_un address = TRY(unix_address(path));
  os::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail(kSocketFailed, "socket: {}", std::strerror(errno));
  while (::connect(fd.get(), generic(address), sizeof address) != 0) {
    // A full backlog says EAGAIN and cannot be waited for.
    if (errno == EAGAIN && deadline.left() > Duration(0)) {
      ::poll(nullptr, 0, 10);
      continue;
    }
    if (errno == EAGAIN) return fail(kDeadlinePassed, "{}: the server is busy", path.string());
    if (errno != EINTR) return fail(kConnectFailed, "{}: {}", path.string(), std::strerror(errno));
  }
  return fd;
}

}  // namespace

struct UnixServer::State {
  State(UnixServerSettings settings, const Clock& clock)
      : settings(std::move(settings)), clock(clock) {}

  Result<void> bind();
  void accept_all();
  bool has_room(uid_t uid) const;
  void note_refusal(const PeerCredentials& peer);
  void serve(int fd, const PeerCredentials& peer);
  void answer_calls(int fd, const PeerCredentials& peer);

  const UnixServerSettings settings;
  const Clock& clock;
  os::Fd socket;
  os::Fd wake;
  std::thread acceptor;
  std::mutex mutex;
  std::condition_variable served;
  // Under the mutex: whose connections are open, each with a thread that closes it.
  std::map<int, uid_t> open;
  RefusalTally refusals;  // under the mutex
  bool stopped = false;
};

Result<void> UnixServer::State::bind() {
  const fs::path& path = settings.path;
  const auto failed = [&](const char* what) {
    return fail(kListenFailed, "{}: {}: {}", path.string(), what, std::strerror(errno));
  };
  const auto address = unix_address(path);
  if (!address) return fail(kListenFailed, "{}", address.error().detail());
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) return fail(kListenFailed, "{} is no socket", path.string());
    // Nobody listens only if the kernel says so: a busy server gives another error.
    const auto other = connect_unix(path, Deadline(clock, Duration(0), kNoStall));
    if (other || !other.error().is(kConnectFailed))
      return fail(kListenFailed, "{}: another server listens there", path.string());
    ::unlink(path.c_str());
  }
  socket = os::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  wake = os::Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!socket.valid() || !wake.valid()) return failed("socket");
  // The mode of the socket file is set before anyone can connect: listen comes last.
  if (::bind(socket.get(), generic(*address), sizeof *address) != 0) return failed("bind");
  if (::chmod(path.c_str(), settings.mode) != 0) return failed("chmod");
  if (::listen(socket.get(), static_cast<int>(settings.connections)) != 0) return failed("listen");
  return {};
}

void UnixServer::State::accept_all() {
  for (;;) {
    pollfd entries[2] = {{socket.get(), POLLIN, 0}, {wake.get(), POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && errno != EINTR) return;
    if (entries[1].revents != 0) return;
    os::Fd fd(::accept4(socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      // Without descriptors the socket stays ready: wait for stop() or a while.
      if (errno == EMFILE || errno == ENFILE) ::poll(entries + 1, 1, 1000);
      continue;
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) continue;
    const std::lock_guard lock(mutex);
    if (stopped) return;
    if (!has_room(peer.uid)) continue;
    const int raw = fd.release();
    open.emplace(raw, peer.uid);
    const PeerCredentials credentials{peer.uid, peer.gid, peer.pid};
    std::thread([this, raw, credentials] { serve(raw, credentials); }).detach();
  }
}

bool UnixServer::State::has_room(uid_t uid) const {
  if (open.size() >= settings.connections) return false;
  const auto own =
      std::ranges::count_if(open, [uid](const auto& each) { return each.second == uid; });
  return static_cast<std::size_t>(own) < settings.connections_per_user;
}

void UnixServer::State::note_refusal(const PeerCredentials& peer) {
  std::optional<std::uint64_t> times;
  {
    const std::lock_guard lock(mutex);
    times = refusals.count(peer.uid, clock.steady());
  }
  if (times)
    log::warning("net.unix.refused", "a user that is not served connected",
                 {{"path", settings.path.string()},
                  {"uid", peer.uid},
                  {"pid", peer.pid},
                  {"times", *times}});
}

void UnixServer::State::answer_calls(int fd, const PeerCredentials& credentials) {
  if (!settings.admit(credentials)) return note_refusal(credentials);
  for (;;) {
    if (!Deadline(clock, settings.idle_time, kNoStall).wait(fd, POLLIN)) return;
    const auto request = read_frame(fd, settings.request_limit_bytes,
                                    Deadline(clock, settings.frame_time, kNoStall));
    if (!request) return;
    const Bytes answer = settings.answer(credentials, *request);
    if (!write_frame(fd, answer, Deadline(clock, settings.frame_time, kNoStall))) return;
  }
}

void UnixServer::State::serve(int fd, const PeerCredentials& peer) {
  try {
    answer_calls(fd, peer);
  } catch (const std::exception& thrown) {
    log::write(log::Level::Error, "net.unix.threw", "a caller was cut off",
               {{"cause", thrown.what()}});
  }
  const std::lock_guard lock(mutex);
  open.erase(fd);
  ::close(fd);
  served.notify_all();
}

UnixServer::UnixServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
UnixServer::~UnixServer() { stop(); }

Result<std::unique_ptr<UnixServer>> UnixServer::start(UnixServerSettings settings,
                                                      const Clock& clock) {
  MUSTER_CHECK(settings.admit && settings.answer);
  auto state = std::make_unique<State>(std::move(settings), clock);
  TRY(state->bind());
  state->acceptor = std::thread([raw = state.get()] { raw->accept_all(); });
  return std::unique_ptr<UnixServer>(new UnixServer(std::move(state)));
}

void UnixServer::stop() {
  std::unique_lock lock(state_->mutex);
  if (std::exchange(state_->stopped, true)) return;
  ::unlink(state_->settings.path.c_str());
  ::eventfd_write(state_->wake.get(), 1);
  for (const auto& [fd, uid] : state_->open) ::shutdown(fd, SHUT_RDWR);
  state_->served.wait(lock, [this] { return state_->open.empty(); });
  lock.unlock();
  state_->acceptor.join();
}

Result<UnixClient> UnixClient::connect(const fs::path& path, Duration time, const Clock& clock) {
  return UnixClient(TRY(connect_unix(path, Deadline(clock, time, kNoStall))), clock);
}

Result<Bytes> UnixClient::call(ByteView request, Duration time, std::size_t answer_limit_bytes) {
  if (!fd_.valid()) return fail(kConnectionLost, "the connection was closed after an error");
  const Deadline deadline(*clock_, time, kNoStall);
  auto answer = [&]() -> Result<Bytes> {
    TRY(write_frame(fd_.get(), request, deadline));
    return read_frame(fd_.get(), answer_limit_bytes, deadline);
  }();
  if (!answer) fd_.reset();
  return answer;
}

}  // namespace muster::net
