#include "roles/client/platform/control_port.h"

#include <unistd.h>

#include "net/unix_socket.h"
#include "roles/client/errors.h"

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
  std::unique_ptr<ControlPort> port(new ControlPort());
  net::UnixServerSettings settings;
  settings.path = std::move(wanted.path);
  settings.mode = wanted.mode;
  settings.connections = kMostCalls;
  settings.request_limit_bytes = 64u << 10;
  settings.idle_time = wanted.idle_time;
  settings.admit = [admit = std::move(wanted.admit)](const net::PeerCredentials& peer) {
    return admit(peer.uid);
  };
  settings.answer = [raw = port.get()](const net::PeerCredentials&, ByteView request) {
    return raw->call(request);
  };
  port->server_ = TRY(net::UnixServer::start(std::move(settings), clock));
  return port;
}

ControlPort::~ControlPort() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  answered_.notify_all();
  if (server_) server_->stop();
}

Bytes ControlPort::call(ByteView request) {
  auto decoded = contract::decode_control_request(request);
  if (!decoded) return refusal(decoded.error());
  const auto call = std::make_shared<Call>(Call{*std::move(decoded)});
  std::unique_lock lock(mutex_);
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

void ControlPort::serve(
    const std::function<contract::ControlAnswer(const contract::ControlRequest&)>& answer) {
  for (;;) {
    std::shared_ptr<Call> call;
    {
      const std::lock_guard lock(mutex_);
      if (calls_.empty()) return;
      call = calls_.front();
      calls_.pop_front();
      if (call->abandoned) continue;
    }
    auto made = answer(call->request);
    {
      const std::lock_guard lock(mutex_);
      call->answer = std::move(made);
    }
    answered_.notify_all();
  }
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
