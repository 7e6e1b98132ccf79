// Calls an RPC interface of another host: asks its endpoint mapper once, dials what it says, and
// asks again when the interface has moved.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "net/http_client.h"
#include "transport/mapper_query.h"

namespace muster::transport {

// Safe from many threads. The caller's certificate and the judgement of the other end are in the
// client's settings; `verify` must look for the host that was dialled: see verifier.
class RpcCaller {
 public:
  // Judges the certificate of who answers at `host`; see net::ClientTls::verify.
  using Verify = std::function<Result<void>(ByteView leaf_der, std::span<const Bytes> chain_der,
                                            const std::string& host)>;
  struct Target {
    HostPort mapper;
    WantedInterface wanted;
    Duration mapper_time = std::chrono::seconds(10);
  };

  // `tls.verify` is replaced by `verify`. `clock` outlives the caller.
  RpcCaller(Target target, net::ClientSettings settings, Verify verify, const Clock& clock);

  // `request.url` is a path ("/api/v1/site"). An interface that cannot be reached where it was, or
  // behind whose port somebody else is now, is asked for anew, once. Errors: those of ask_mapper()
  // and of net::HttpClient::send().
  Result<net::ClientResponse> send(net::ClientRequest request);

 private:
  // The client of one place. Calls under way keep theirs when another one takes its place.
  struct Dialled {
    HostPort place;
    std::unique_ptr<net::HttpClient> http;
  };
  using DialledPtr = std::shared_ptr<const Dialled>;
  Result<DialledPtr> dial();
  Result<DialledPtr> dial_anew(const DialledPtr& failed);
  Result<DialledPtr> find();

  const Target target_;
  const net::ClientSettings settings_;
  const Verify verify_;
  const Clock& clock_;
  std::mutex mutex_;
  DialledPtr dialled_;
};

}  // namespace muster::transport
