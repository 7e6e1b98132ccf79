#include "transport/endpoint_mapper.h"

#include <algorithm>

namespace muster::transport {
namespace {

class MapperSession final : public net::StreamSession {
 public:
  MapperSession(const EndpointList& endpoints, Random& random, MapperAssociation::Own own)
      : association_(endpoints, random, own) {}
  bool receive(ByteView bytes, Bytes& answer) override {
    return association_.receive(bytes, answer);
  }

 private:
  MapperAssociation association_;
};

}  // namespace

wire::rpc::IpV4 ip_v4(const net::SocketAddress& address) {
  wire::rpc::IpV4 out{};
  const Bytes octets = address.v4_octets();
  if (octets.size() == out.size()) std::ranges::copy(octets, out.begin());
  return out;
}

Result<std::unique_ptr<EndpointMapper>> EndpointMapper::start(const std::string& address,
                                                              std::uint16_t port,
                                                              const EndpointList& endpoints,
                                                              Random& random, const Clock& clock,
                                                              const net::StreamLimits& limits) {
  auto open = [&endpoints, &random](const net::StreamEnds& ends) {
    return std::make_unique<MapperSession>(
        endpoints, random, MapperAssociation::Own{ip_v4(ends.own), ends.own.port()});
  };
  auto server = TRY(net::StreamServer::start(address, port, limits, std::move(open), clock));
  return std::unique_ptr<EndpointMapper>(new EndpointMapper(std::move(server)));
}

}  // namespace muster::transport
