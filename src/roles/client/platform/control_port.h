// The agent's socket for commands on the same machine: calls come from other threads and are
// answered by the agent between its steps.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "contract/client_control.h"

namespace muster::net {
class UnixServer;
}

namespace muster::client {

inline constexpr const char* kControlSocket = "control.sock";

struct ControlPortSettings {
  std::filesystem::path path;
  unsigned mode = 0600;
  // How long a connection may do nothing between calls.
  Duration idle_time = std::chrono::seconds(3600);
  std::size_t connections_per_user = SIZE_MAX;
  Duration pause{0};  // at least between two calls of one user, who waits for it
  // Asked when a user connects and at each call.
  std::function<bool(std::uint32_t user)> admit{};
};

class ControlPort {
 public:
  // Error: kListenFailed.
  static Result<std::unique_ptr<ControlPort>> open(ControlPortSettings settings,
                                                   const Clock& clock);
  // In the state folder, for root and the agent's own user alone.
  static Result<std::unique_ptr<ControlPort>> open(const std::filesystem::path& state,
                                                   const Clock& clock);
  ~ControlPort();

  bool waiting() const;
  // Answers what waits when it is called, and nothing that comes meanwhile: who asks again and
  // again does not hold up the agent.
  using Answer =
      std::function<contract::ControlAnswer(const contract::ControlRequest&, std::uint32_t user)>;
  void serve(const Answer& answer);

 private:
  struct Call {
    contract::ControlRequest request;
    std::uint32_t user = 0;
    std::optional<contract::ControlAnswer> answer{};
    bool abandoned = false;
  };
  ControlPort(ControlPortSettings settings, const Clock& clock);
  Bytes call(std::uint32_t user, ByteView request);
  void wait_for_turn(std::uint32_t user, std::unique_lock<std::mutex>& lock);

  const ControlPortSettings settings_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable answered_;
  std::deque<std::shared_ptr<Call>> calls_;  // under the mutex, as is
  bool closed_ = false;
  std::map<std::uint32_t, Duration> turns_;  // when each user's next call may come
  std::unique_ptr<net::UnixServer> server_;
};

// A command's side: one question to the agent that listens at `socket`. Errors: kAgentNotThere, and
// those of the conversation.
Result<contract::ControlAnswer> ask_agent(const std::filesystem::path& socket,
                                          const contract::ControlRequest& request, Duration time,
                                          const Clock& clock);
// Whether the system keeps this user from the socket.
bool is_denied(const std::filesystem::path& socket);

}  // namespace muster::client
