// The endpoint mapper at work: a listener whose connections ask a list of endpoints.
#pragma once

#include <memory>
#include <string>

#include "net/stream_server.h"
#include "transport/mapper_association.h"

namespace muster::transport {

// All zero where it is no address of IPv4, and for "any".
wire::rpc::IpV4 ip_v4(const net::SocketAddress& address);

class EndpointMapper {
 public:
  // `endpoints`, `random` and `clock` outlive it; random numbers are taken on its own thread.
  // Error: net::kListenFailed.
  static Result<std::unique_ptr<EndpointMapper>> start(const std::string& address,
                                                       std::uint16_t port,
                                                       const EndpointList& endpoints,
                                                       Random& random, const Clock& clock,
                                                       const net::StreamLimits& limits = {});
  void stop() { server_->stop(); }
  std::uint16_t port() const { return server_->port(); }

 private:
  explicit EndpointMapper(std::unique_ptr<net::StreamServer> server) : server_(std::move(server)) {}
  std::unique_ptr<net::StreamServer> server_;
};

}  // namespace muster::transport
