#include "roles/console/leg_probe.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/os/fd.h"
#include "hosting/server_check.h"
#include "net/address.h"
#include "net/errors.h"
#include "net/http_client.h"

namespace muster::console {
namespace {

using topology::Protocol;

constexpr Duration kConnectTime = std::chrono::seconds(3);

LegAnswer blocked(LegState state, Error why) { return {state, std::move(why), {}}; }

LegState state_of_errno(int error) {
  if (error == ECONNREFUSED) return LegState::Refused;
  // What a firewall forbids of this host itself.
  if (error == EPERM || error == EACCES) return LegState::Dropped;
  // A connect of a blocking socket that takes longer than SO_SNDTIMEO.
  if (error == ETIMEDOUT || error == EINPROGRESS || error == EAGAIN) return LegState::Dropped;
  return LegState::Unreachable;
}

LegAnswer connect_to(const LegProbe& probe) {
  const auto addresses = net::resolve(probe.host, probe.port, kConnectTime);
  if (!addresses) return blocked(LegState::Unreachable, addresses.error());
  if (addresses->empty())
    return blocked(LegState::Unreachable,
                   Error(net::kConnectFailed, fmt::format("{} has no address", probe.host)));
  const net::SocketAddress& address = addresses->front();
  const os::Fd fd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = kConnectTime.count() / 1000, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), address.get(), address.size) == 0) return {};
  const int error = errno;
  return blocked(state_of_errno(error),
                 Error(net::kConnectFailed,
                       fmt::format("{}:{}: {}", probe.host, probe.port, std::strerror(error))));
}

LegState state_of(const Error& error) {
  if (error.is(net::kUntrustedPeer) || error.is(net::kBadHttp)) return LegState::WrongPeer;
  if (error.is(net::kTlsFailed)) return LegState::Tls;
  return LegState::Dropped;  // it took the connection and said nothing more
}

LegAnswer ask(const LegProbe& probe, const std::optional<Bytes>& ca_sha256, const Clock& clock) {
  LegAnswer out;
  bool is_stranger = false;
  net::ClientSettings settings;
  settings.limits.connect_time = kConnectTime;
  settings.tls.verify = [&](ByteView leaf, std::span<const Bytes> chain) -> Result<void> {
    const auto accept = [&]() -> Result<void> {
      auto shown = TRY(trust::parse_certificate_der(leaf));
      if (ca_sha256) TRY(hosting::check_server({*ca_sha256}, leaf, chain, probe.host, clock.now()));
      out.certificate = std::move(shown);
      return {};
    };
    auto accepted = accept();
    is_stranger = !accepted;
    return accepted;
  };
  const auto client = net::HttpClient::create(std::move(settings), clock);
  if (!client) return blocked(LegState::Tls, client.error());
  net::ClientRequest request;
  // Any answer will do: only the provider has this path, and who may ask is another question.
  const bool tls = probe.leg->protocol == Protocol::Https;
  request.url = net::Url{tls, probe.host, probe.port, "/livez"}.host_and_port();
  request.url = fmt::format("{}://{}/livez", tls ? "https" : "http", request.url);
  request.time = kConnectTime * 2;
  const auto answer = (*client)->send(request);
  if (!answer)
    return blocked(is_stranger ? LegState::WrongPeer : state_of(answer.error()), answer.error());
  if (tls && !out.certificate)
    return blocked(LegState::Tls, Error(net::kConnectFailed, "it showed no certificate"));
  return out;
}

}  // namespace

std::string_view to_text(LegState state) {
  switch (state) {
    case LegState::Answers:
      return "answers";
    case LegState::Refused:
      return "refused";
    case LegState::Dropped:
      return "dropped";
    case LegState::Unreachable:
      return "unreachable";
    case LegState::Tls:
      return "no TLS";
    case LegState::WrongPeer:
      break;
  }
  return "wrong peer";
}

LegAnswer probe_leg(const LegProbe& probe, const std::optional<Bytes>& ca_sha256,
                    const Clock& clock) {
  LegAnswer connected = connect_to(probe);
  const bool web = probe.leg->protocol == Protocol::Http || probe.leg->protocol == Protocol::Https;
  if (connected.state != LegState::Answers || !web) return connected;
  return ask(probe, ca_sha256, clock);
}

}  // namespace muster::console
