#include "roles/client/platform/control_port.h"

#include <unistd.h>

#include <cerrno>

#include "net/unix_socket.h"
#include "roles/client/errors.h"
#include "roles/client/notices/errors.h"

namespace muster::client {
namespace {

// A step of the agent may wait for the network, which has deadlines of its own.
constexpr auto kPatience = std::chrono::seconds(60);
constexpr std::size_t kMostCalls = 16;

Bytes refusal(const Error& error) {
  return contract::encode_control_answer({.error = error.text_with_advice()});
}

}  // namespace

Result<std::unique_ptr<ControlPort>> ControlPort::open(const std::filesystem::path& state,
                                                       const Clock& clock) {
  return open({.path = state / kControlSocket,
               .admit = [](uid_t uid) { return uid == 0 || uid == ::getuid(); }},
              clock);
}

Result<std::unique_ptr<ControlPort>> ControlPort::open(ControlPortSettings wanted,
                                                       const Clock& clock) {
  std::unique_ptr<ControlPort> port(new ControlPort(std::move(wanted), clock));
  net::UnixServerSettings settings;
  settings.path = port->settings_.path;
  settings.mode = port->settings_.mode;
  settings.connections = kMostCalls;
  settings.connections_per_user = port->settings_.connections_per_user;
  settings.request_limit_bytes = 64u << 10;
  settings.idle_time = port->settings_.idle_time;
  settings.admit = [raw = port.get()](const net::PeerCredentials& peer) {
    return raw->settings_.admit(peer.uid);
  };
  settings.answer = [raw = port.get()](const net::PeerCredentials& peer, ByteView request) {
    return raw->call(peer.uid, request);
  };
  port->server_ = TRY(net::UnixServer::start(std::move(settings), clock));
  return port;
}

ControlPort::ControlPort(ControlPortSettings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(clock) {}

ControlPort::~ControlPort() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  answered_.notify_all();
  if (server_) server_->stop();
}

void ControlPort::wait_for_turn(std::uint32_t user, std::unique_lock<std::mutex>& lock) {
  if (settings_.pause <= Duration(0)) return;
  const Duration now = clock_.steady();
  std::erase_if(turns_, [now](const auto& each) { return each.second <= now; });
  Duration& next = turns_.try_emplace(user, now).first->second;
  const Duration left = next - now;
  next += settings_.pause;
  if (left > Duration(0)) answered_.wait_for(lock, left, [this] { return closed_; });
}

Bytes ControlPort::call(std::uint32_t user, ByteView request) {
  auto decoded = contract::decode_control_request(request);
  if (!decoded) return refusal(decoded.error());
  const auto call = std::make_shared<Call>(Call{*std::move(decoded), user});
  std::unique_lock lock(mutex_);
  wait_for_turn(user, lock);
  lock.unlock();
  if (!settings_.admit(user)) return refusal(fail(kNoLongerServed, "uid {}", user).value());
  lock.lock();
  calls_.push_back(call);
  answered_.wait_for(lock, kPatience, [&] { return call->answer.has_value() || closed_; });
  if (call->answer) return contract::encode_control_answer(*call->answer);
  call->abandoned = true;
  return refusal(fail(kAgentBusy, "no answer for {} seconds", kPatience.count()).value());
}

bool ControlPort::waiting() const {
  const std::lock_guard lock(mutex_);
  return !calls_.empty();
}

void ControlPort::serve(const Answer& answer) {
  std::deque<std::shared_ptr<Call>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(calls_);
  }
  for (const std::shared_ptr<Call>& call : waiting) {
    {
      const std::lock_guard lock(mutex_);
      if (call->abandoned) continue;
    }
    auto made = answer(call->request, call->user);
    {
      const std::lock_guard lock(mutex_);
      call->answer = std::move(made);
    }
    answered_.notify_all();
  }
}

bool is_denied(const std::filesystem::path& socket) {
  return ::access(socket.c_str(), W_OK) != 0 && errno == EACCES;
}

Result<contract::ControlAnswer> ask_agent(const std::filesystem::path& socket,
                                          const contract::ControlRequest& request, Duration time,
                                          const Clock& clock) {
  auto connected = net::UnixClient::connect(socket, std::chrono::seconds(5), clock);
  if (!connected) return fail(kAgentNotThere, "{}: {}", socket.string(), connected.error().text());
  const Bytes answer = TRY(
      connected->call(contract::encode_control_request(request), time, contract::kControlLimit));
  return contract::decode_control_answer(answer);
}

}  // namespace muster::client
