#include "transport/endpoint_list.h"

#include <algorithm>

#include "base/check.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::transport {

void EndpointList::set(Endpoint endpoint) {
  MUSTER_CHECK(endpoint.port != 0 && endpoint.annotation.size() <= wire::rpc::kAnnotationLimit);
  const std::lock_guard lock(mutex_);
  auto next = *endpoints_;
  std::erase_if(next, [&](const Endpoint& each) { return each.interface == endpoint.interface; });
  const auto place = std::ranges::upper_bound(next, endpoint.interface, {}, &Endpoint::interface);
  next.insert(place, std::move(endpoint));
  endpoints_ = std::make_shared<const std::vector<Endpoint>>(std::move(next));
}

void EndpointList::remove(const wire::rpc::SyntaxId& interface) {
  const std::lock_guard lock(mutex_);
  auto next = *endpoints_;
  std::erase_if(next, [&](const Endpoint& each) { return each.interface == interface; });
  endpoints_ = std::make_shared<const std::vector<Endpoint>>(std::move(next));
}

EndpointList::Snapshot EndpointList::snapshot() const {
  const std::lock_guard lock(mutex_);
  return endpoints_;
}

}  // namespace muster::transport
