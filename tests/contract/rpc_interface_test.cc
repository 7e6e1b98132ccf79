#include "contract/rpc_interface.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "wire/rpc/endpoint_mapper.h"

namespace muster::contract {
namespace {

TEST(RpcInterfaces, StandForLegsOfDynamicRpcThatTheMapperLeadsTo) {
  for (const RpcInterface& each : rpc_interfaces()) {
    const auto& leg = topology::leg_of(each.leg);
    EXPECT_EQ(leg.ports.form, topology::PortForm::Dynamic) << each.name;
    const topology::LegRef mapper{each.leg.connection, topology::Protocol::RpcEndpointMapper};
    EXPECT_EQ(topology::leg_of(mapper).kind, topology::LegKind::Required) << each.name;
    EXPECT_EQ(find_interface(each.leg)->id, each.id);
  }
  EXPECT_EQ(find_interface({topology::connection(2), topology::Protocol::Rpc}), nullptr);
}

TEST(RpcInterfaces, HaveNumbersOfTheirOwnAndADescription) {
  std::set<wire::rpc::SyntaxId> seen = {wire::rpc::kEndpointMapper};
  for (const RpcInterface& each : rpc_interfaces()) {
    EXPECT_TRUE(seen.insert(each.id).second) << each.name;
    EXPECT_LE(each.name.size(), wire::rpc::kAnnotationLimit);
    // A random UUID (RFC 4122 4.4).
    EXPECT_EQ(each.id.uuid.time_high >> 12, 4);
    EXPECT_EQ(each.id.uuid.rest[0] >> 6, 2);
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(MUSTER_SOURCE_DIR) / each.schema))
        << each.schema;
  }
}

}  // namespace
}  // namespace muster::contract
