#include "contract/rpc_interface.h"

#include <array>

namespace muster::contract {
namespace {

constexpr std::array kInterfaces = {kProviderInterface};

}  // namespace

std::span<const RpcInterface> rpc_interfaces() { return kInterfaces; }

const RpcInterface* find_interface(topology::LegRef leg) {
  for (const RpcInterface& each : kInterfaces)
    if (each.leg.connection == leg.connection && each.leg.protocol == leg.protocol) return &each;
  return nullptr;
}

}  // namespace muster::contract
