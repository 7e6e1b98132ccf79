// Framed calls over a Unix stream socket: a u32 length, big endian, and that many bytes, each way.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::net {

// SO_PEERCRED: who connected, as the kernel saw it then.
struct PeerCredentials {
  uid_t uid;
  gid_t gid;
  pid_t pid;
};

struct UnixServerSettings {
  std::filesystem::path path;  // replaced if a dead socket lies there; removed by stop()
  mode_t mode = 0600;
  std::size_t connections = 32;                 // over it a connection is closed at once
  std::size_t connections_per_user = SIZE_MAX;  // likewise, of each user
  std::size_t request_limit_bytes = 1u << 20;
  Duration frame_time = std::chrono::seconds(10);   // for a frame, from its first byte, each way
  Duration idle_time = std::chrono::seconds(3600);  // between calls
  // False closes the connection.
  std::function<bool(const PeerCredentials&)> admit;
  // One thread per connection calls it; it must be safe for that.
  std::function<Bytes(const PeerCredentials&, ByteView request)> answer;
};

class UnixServer {
 public:
  // `clock` outlives the server. Error: kListenFailed, also when a living server holds the path.
  static Result<std::unique_ptr<UnixServer>> start(UnixServerSettings settings, const Clock& clock);
  // Stops accepting, cuts the connections, waits for answers that are being made.
  void stop();
  ~UnixServer();

  struct State;

 private:
  explicit UnixServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One connection; calls are answered in turn. Not for several threads at once.
class UnixClient {
 public:
  // Errors: kConnectFailed, kDeadlinePassed.
  static Result<UnixClient> connect(const std::filesystem::path& path, Duration time,
                                    const Clock& clock);
  // After an error the connection is closed and every further call fails with kConnectionLost.
  // Errors: kConnectionLost, kDeadlinePassed, kMessageTooLarge.
  Result<Bytes> call(ByteView request, Duration time, std::size_t answer_limit_bytes = 1u << 20);

 private:
  UnixClient(os::Fd fd, const Clock& clock) : fd_(std::move(fd)), clock_(&clock) {}
  os::Fd fd_;
  const Clock* clock_;
};

}  // namespace muster::net
