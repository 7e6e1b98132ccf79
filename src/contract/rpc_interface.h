// The RPC interfaces: how the endpoint mapper knows them, and where their documents are described.
#pragma once

#include <span>
#include <string_view>

#include "topology/legs.h"
#include "wire/rpc/uuid.h"

namespace muster::contract {

// What is spoken on the dynamic port of one row of the table.
struct RpcInterface {
  topology::LegRef leg;
  wire::rpc::SyntaxId id;   // a change that old callers do not understand takes a new major one
  std::string_view name;    // as the mapper's list shows it
  std::string_view schema;  // the file that describes its requests and answers
};

// Connection 26: what operators read and write, as extension E1 has it for browsers.
inline constexpr RpcInterface kProviderInterface{
    {topology::connection(26), topology::Protocol::Rpc},
    {{0x1b8d4db0, 0x1c1d, 0x4a8c, {0x98, 0x2d, 0x79, 0x9a, 0x7e, 0x00, 0xa5, 0x34}}, 1, 0},
    "muster provider",
    "api/openapi.yaml"};

std::span<const RpcInterface> rpc_interfaces();

// Null where the leg has none yet.
const RpcInterface* find_interface(topology::LegRef leg);

}  // namespace muster::contract
