// A server of byte streams for protocols that are not HTTP: one event loop, a session per
// connection, limits. No thread per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/address.h"

namespace muster::net {

struct StreamLimits {
  std::size_t connections = 256;
  std::size_t connections_per_address = 32;
  // From the beginning, and after each answer, until the next answer: who sends one byte now and
  // then is not kept.
  Duration answer_time = std::chrono::seconds(60);
};

// The two ends of a connection.
struct StreamEnds {
  SocketAddress peer;
  SocketAddress own;
};

// What one connection speaks. Called on the loop's thread alone; it must not block.
class StreamSession {
 public:
  virtual ~StreamSession() = default;
  // Appends to `answer` what is to be sent. False: the connection ends when that is sent.
  [[nodiscard]] virtual bool receive(ByteView bytes, Bytes& answer) = 0;
};

struct StreamCounters {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;  // over a limit of connections
};

class StreamServer {
 public:
  using Open = std::function<std::unique_ptr<StreamSession>(const StreamEnds&)>;

  // `address` is numeric, port 0 means any free one. `clock` outlives the server, and so does what
  // `open` refers to. Error: kListenFailed.
  static Result<std::unique_ptr<StreamServer>> start(const std::string& address, std::uint16_t port,
                                                     const StreamLimits& limits, Open open,
                                                     const Clock& clock);
  // stop()
  ~StreamServer();
  // Cuts all connections.
  void stop();

  std::uint16_t port() const;
  StreamCounters counters() const;

  struct State;

 private:
  explicit StreamServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::net
