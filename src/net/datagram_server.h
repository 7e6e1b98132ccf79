// A server of datagrams: one socket on an event loop of its own, an answer or none to each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/rate_table.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::net {

struct DatagramSettings {
  std::string address;     // numeric
  std::uint16_t port = 0;  // 0: any free one
  // Of each sender; what is over it is thrown away unread.
  RateRule rate{.burst = 50, .per_second = 20};
  Bytes hash_key = Bytes(16, '\0');  // of the table of senders: 16 random bytes
  // Called on the loop's thread alone; must not block. Empty: nothing is sent.
  std::function<Bytes(ByteView datagram)> answer;
};

class DatagramServer {
 public:
  // `clock` outlives the server. Error: kListenFailed.
  static Result<std::unique_ptr<DatagramServer>> start(DatagramSettings settings,
                                                       const Clock& clock);
  // stop()
  ~DatagramServer();
  void stop();

  std::uint16_t port() const;

  struct State;

 private:
  explicit DatagramServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::net
