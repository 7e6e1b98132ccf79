#include "transport/rpc_caller.h"

#include "net/errors.h"
#include "net/url.h"

namespace muster::transport {
namespace {

// Failures before the request was read: nobody there, or somebody else.
bool has_moved(const Error& error) {
  return error.is(net::kConnectFailed) || error.is(net::kTlsFailed) ||
         error.is(net::kUntrustedPeer);
}

}  // namespace

RpcCaller::RpcCaller(Target target, net::ClientSettings settings, Verify verify, const Clock& clock)
    : target_(std::move(target)),
      settings_(std::move(settings)),
      verify_(std::move(verify)),
      clock_(clock) {}

Result<RpcCaller::DialledPtr> RpcCaller::find() {
  Dialled found;
  found.place =
      TRY(ask_mapper(target_.mapper, target_.wanted, target_.mapper_time, clock_, settings_.stop));
  net::ClientSettings settings = settings_;
  settings.tls.verify = [verify = verify_, host = found.place.host](ByteView leaf,
                                                                    std::span<const Bytes> chain) {
    return verify(leaf, chain, host);
  };
  found.http = TRY(net::HttpClient::create(std::move(settings), clock_));
  return std::make_shared<const Dialled>(std::move(found));
}

Result<RpcCaller::DialledPtr> RpcCaller::dial() {
  const std::lock_guard lock(mutex_);
  if (!dialled_) dialled_ = TRY(find());
  return dialled_;
}

// Null when the interface is where it was. Of several threads that fail, the first one asks.
Result<RpcCaller::DialledPtr> RpcCaller::dial_anew(const DialledPtr& failed) {
  const std::lock_guard lock(mutex_);
  if (dialled_ != failed) return dialled_;
  auto found = TRY(find());
  if (found->place == failed->place) return DialledPtr();
  dialled_ = std::move(found);
  return dialled_;
}

Result<net::ClientResponse> RpcCaller::send(net::ClientRequest request) {
  const std::string path = request.url;
  auto dialled = TRY(dial());
  for (bool again = true;; again = false) {
    net::Url url;
    url.tls = true;
    url.host = dialled->place.host;
    url.port = dialled->place.port;
    request.url = fmt::format("https://{}{}", url.host_and_port(), path);
    auto response = dialled->http->send(request);
    if (response || !again || !has_moved(response.error())) return response;
    auto anew = TRY(dial_anew(dialled));
    if (!anew) return response;
    dialled = std::move(anew);
  }
}

}  // namespace muster::transport
