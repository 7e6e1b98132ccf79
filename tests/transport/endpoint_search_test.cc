#include "transport/endpoint_search.h"

#include <gtest/gtest.h>

namespace muster::transport {
namespace {

using wire::rpc::Inquiry;
using wire::rpc::LookupRequest;
using wire::rpc::SyntaxId;
using wire::rpc::VersionOption;

constexpr SyntaxId version(std::uint16_t major, std::uint16_t minor) {
  return {{1, 2, 3, {4}}, major, minor};
}

class EndpointSearchTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const SyntaxId& each : {version(1, 0), version(1, 2), version(2, 1)})
      endpoints.push_back({each, 2000, {}, "same"});
    endpoints.push_back({{{9, 9, 9, {9}}, 1, 0}, 2001, {}, "other"});
  }
  std::vector<SyntaxId> found(VersionOption option, SyntaxId interface) {
    LookupRequest request;
    request.inquiry = Inquiry::ByInterface;
    request.version_option = option;
    request.interface = interface;
    std::vector<SyntaxId> out;
    for (const auto& entry : find_entries(endpoints, request, {}))
      out.push_back(entry.tower.interface);
    return out;
  }
  std::vector<Endpoint> endpoints;
};

TEST_F(EndpointSearchTest, FollowsTheVersionOption) {
  using Versions = std::vector<SyntaxId>;
  EXPECT_EQ(found(VersionOption::All, version(7, 7)),
            (Versions{version(1, 0), version(1, 2), version(2, 1)}));
  EXPECT_EQ(found(VersionOption::Compatible, version(1, 1)), Versions{version(1, 2)});
  EXPECT_EQ(found(VersionOption::Exact, version(1, 0)), Versions{version(1, 0)});
  EXPECT_EQ(found(VersionOption::Exact, version(1, 1)), Versions{});
  EXPECT_EQ(found(VersionOption::MajorOnly, version(1, 9)),
            (Versions{version(1, 0), version(1, 2)}));
  EXPECT_EQ(found(VersionOption::Upto, version(2, 0)), (Versions{version(1, 0), version(1, 2)}));
}

TEST_F(EndpointSearchTest, FindsAllOrThoseOfNoObject) {
  LookupRequest request;
  EXPECT_EQ(find_entries(endpoints, request, {}).size(), 4u);
  request.inquiry = Inquiry::ByObject;
  request.object.emplace();
  EXPECT_EQ(find_entries(endpoints, request, {}).size(), 4u);
  request.object->time_low = 1;
  EXPECT_TRUE(find_entries(endpoints, request, {}).empty());
  request.inquiry = Inquiry::ByBoth;
  request.object.reset();
  EXPECT_TRUE(find_entries(endpoints, request, {}).empty());  // no interface was named
}

TEST_F(EndpointSearchTest, KnowsWhatItWasNotAskedRightly) {
  LookupRequest request;
  request.version_option = static_cast<VersionOption>(0);
  EXPECT_TRUE(is_known_inquiry(request));  // as rpcclient asks for all
  request.inquiry = Inquiry::ByInterface;
  EXPECT_FALSE(is_known_inquiry(request));
  request.version_option = static_cast<VersionOption>(6);
  EXPECT_FALSE(is_known_inquiry(request));
  request.version_option = VersionOption::Upto;
  EXPECT_TRUE(is_known_inquiry(request));
  request.inquiry = static_cast<Inquiry>(4);
  EXPECT_FALSE(is_known_inquiry(request));
  EXPECT_TRUE(find_entries(endpoints, request, {}).empty());
}

TEST_F(EndpointSearchTest, MapsOnlyWhatIsAskedForOverTcpAndNdr) {
  wire::rpc::MapRequest request;
  EXPECT_TRUE(find_towers(endpoints, request, {}).empty());
  request.tower.emplace();
  request.tower->interface = version(1, 0);
  EXPECT_EQ(find_towers(endpoints, request, {}).size(), 2u);
  request.tower->transport = 0x0f;
  EXPECT_TRUE(find_towers(endpoints, request, {}).empty());
  request.tower->transport = wire::rpc::kTcpFloor;
  request.tower->rpc_protocol = 0x0a;
  EXPECT_TRUE(find_towers(endpoints, request, {}).empty());
  request.tower->rpc_protocol = wire::rpc::kConnectionOriented;
  request.tower->transfer.major = 1;
  EXPECT_TRUE(find_towers(endpoints, request, {}).empty());
}

TEST(EndpointList, KeepsOneEndpointOfAnInterface) {
  EndpointList list;
  list.set({version(1, 0), 2000, {}, "one"});
  const auto before = list.snapshot();
  list.set({version(1, 0), 2001, {}, "one"});
  list.set({version(1, 1), 2002, {}, "two"});
  ASSERT_EQ(list.snapshot()->size(), 2u);
  EXPECT_EQ(list.snapshot()->at(0).port, 2001);
  EXPECT_EQ(before->at(0).port, 2000);
  list.remove(version(1, 0));
  EXPECT_EQ(list.snapshot()->size(), 1u);
}

}  // namespace
}  // namespace muster::transport
