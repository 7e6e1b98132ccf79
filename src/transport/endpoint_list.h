// The RPC interfaces of this host and where they listen: what its endpoint mapper answers about.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "wire/rpc/tower.h"

namespace muster::transport {

struct Endpoint {
  wire::rpc::SyntaxId interface;
  std::uint16_t port = 0;
  wire::rpc::IpV4 address{};  // all zero: this host's own, as the asking client reached it
  std::string annotation{};   // at most wire::rpc::kAnnotationLimit bytes
};

// Safe from many threads.
class EndpointList {
 public:
  using Snapshot = std::shared_ptr<const std::vector<Endpoint>>;

  // An interface stands once: the same version again takes the place of the one before.
  void set(Endpoint endpoint);
  void remove(const wire::rpc::SyntaxId& interface);
  // As it is now, in the order of the interfaces' numbers.
  Snapshot snapshot() const;

 private:
  mutable std::mutex mutex_;
  Snapshot endpoints_ = std::make_shared<const std::vector<Endpoint>>();
};

}  // namespace muster::transport
