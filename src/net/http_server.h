// The HTTP/1.1 server: listeners, loop threads, a bounded pool for handlers, limits.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "net/http_message.h"
#include "net/tls.h"

namespace muster::net {

// Every wait, buffer and count of the server. A request over a limit is refused, never queued.
struct HttpLimits {
  std::size_t head_bytes = 16 * 1024;
  std::size_t header_count = 100;
  std::size_t target_bytes = 8 * 1024;
  std::size_t chunk_extension_bytes = 1024;  // of one chunk; all are ignored

  Duration handshake_time = std::chrono::seconds(10);
  Duration head_time = std::chrono::seconds(10);   // from the first byte to the end of the head
  Duration idle_time = std::chrono::seconds(75);   // before the first byte of a request
  Duration linger_time = std::chrono::seconds(2);  // for the peer to read a last answer
  // Of a held request, at most; the shortest is three quarters of it, so that requests that came
  // together do not end together.
  Duration hold_time = std::chrono::seconds(240);
  // Bodies and answers must move at least `least_rate` over every `rate_interval`.
  Duration rate_interval = std::chrono::seconds(10);
  std::uint64_t least_rate_bytes_per_s = 500;

  std::uint32_t requests_per_connection = 100'000;
  std::size_t connections = 19'000;
  std::size_t connections_per_address = 19'000;
  // How fast one address may open them once it has opened a tenth of connections_per_address at
  // once; 0: as fast as it likes. A handshake costs more than a hundred small requests.
  double connections_per_second_of_address = 0;
};

struct ServerSettings {
  HttpLimits limits;
  unsigned loop_threads = 0;  // 0: one per core
  unsigned pool_threads = 8;
  std::size_t pool_queue_limit = 512;  // requests that wait for a pool thread; over it: 503
  Bytes hash_key = Bytes(16, '\0');    // of the table of addresses: 16 random bytes
};

// How long requests wait at present.
struct ServerLoad {
  std::array<std::size_t, 4> waiting{};  // for a thread of the pool, by rank
  std::array<Duration, 4> oldest_wait{};
};

struct ServerCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_refused = 0;  // over a limit of connections
  std::uint64_t handshakes_failed = 0;
  std::uint64_t requests = 0;          // heads that were well-formed
  std::uint64_t requests_refused = 0;  // malformed, over a limit, too slow, or no pool thread free
  std::uint64_t requests_held = 0;     // now
};

class Server {
 public:
  // `clock` outlives the server. Ignores SIGPIPE in the whole process: OpenSSL and sendfile
  // have no flag against it.
  explicit Server(const ServerSettings& settings, const Clock& clock);
  // stop() with no time left.
  ~Server();

  // `address` is numeric ("0.0.0.0", "::", "127.0.0.1"), port 0 means any free one; null `tls`
  // means plain. Returns the port. Error: kListenFailed.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port,
                               std::shared_ptr<TlsServer> tls, Resolve resolve);

  // Stops accepting, closes idle connections, lets running requests end within `time`, then
  // closes what is left. Handlers that still run are waited for: they cannot be cut off.
  void stop(Duration time);

  ServerCounters counters() const;
  ServerLoad load() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::net
