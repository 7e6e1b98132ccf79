#include "store/cluster_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/errors.h"

namespace muster::store {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kGibibyte = 1u << 30;
constexpr const char* kFolder = "/etc/postgresql/15/muster";

TEST(ClusterSettings, SayWhereItListensAndAreReadAgain) {
  for (const ClusterChoice& choice :
       {ClusterChoice{{}, 5433}, ClusterChoice{{"192.0.2.7", "2001:db8::7"}, 1},
        ClusterChoice{{"*"}, 65535}})
    EXPECT_EQ(read_cluster_settings(cluster_settings(choice, kFolder, kGibibyte)), choice);
  const std::string text = cluster_settings({{"192.0.2.7"}, 5433}, kFolder, kGibibyte);
  EXPECT_THAT(text, HasSubstr("\nlisten_addresses = 'localhost, 192.0.2.7'\nport = 5433\n"));
  EXPECT_THAT(text, HasSubstr("ssl_key_file = '/etc/postgresql/15/muster/muster.key'\n"));
  EXPECT_THAT(cluster_settings({{"*"}, 5433}, kFolder, kGibibyte),
              HasSubstr("listen_addresses = '*'\n"));
}

TEST(ClusterSettings, TakeAQuarterOfTheMemoryAsAPowerOfTwoWithinBounds) {
  const auto cache = [](std::uint64_t memory) {
    return conf_value(cluster_settings({{}, 5433}, kFolder, memory), "shared_buffers");
  };
  EXPECT_EQ(cache(0), "128MB");
  EXPECT_EQ(cache(kGibibyte), "256MB");
  EXPECT_EQ(cache(4 * kGibibyte), "1024MB");
  // What kernels take for themselves changes nothing.
  EXPECT_EQ(cache(16 * kGibibyte), "4096MB");
  EXPECT_EQ(cache(16 * kGibibyte - kGibibyte / 2), "4096MB");
  EXPECT_EQ(cache(1024 * kGibibyte), "8192MB");
  EXPECT_EQ(cache(UINT64_MAX), "8192MB");
}

TEST(ClusterSettings, OfAnotherFormAreNone) {
  EXPECT_EQ(read_cluster_settings(""), std::nullopt);
  EXPECT_EQ(read_cluster_settings("port = 5433\n"), std::nullopt);
  EXPECT_EQ(read_cluster_settings("port = x\nlisten_addresses = 'localhost'\n"), std::nullopt);
}

TEST(ClusterAddresses, AreThoseOfAHostWithoutTheLoopback) {
  using List = std::vector<std::string>;
  EXPECT_EQ(cluster_addresses({"192.0.2.7", "::1", "127.0.0.1", "2001:db8::7"}).value(),
            (List{"192.0.2.7", "2001:db8::7"}));
  EXPECT_EQ(cluster_addresses({"127.0.0.1"}).value(), List{});
  EXPECT_EQ(cluster_addresses({"*"}).value(), List{"*"});
  for (const List& bad : {List{"*", "192.0.2.7"}, List{"0.0.0.0"}, List{"::"}, List{"db.example"},
                          List{"192.0.2.7/24"}, List{""}, List{"192.0.2.7', '*"}}) {
    const auto read = cluster_addresses(bad);
    ASSERT_FALSE(read.has_value()) << bad[0];
    EXPECT_TRUE(read.error().is(kBadClusterAddress));
  }
}

TEST(ClusterAccess, LetsNobodyInWithoutTlsAndPassword) {
  std::vector<std::string> rules;
  const std::string text = cluster_access("muster_p01");
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (text[at] != '#') rules.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_THAT(rules, testing::ElementsAre("local    all      postgres        peer",
                                          "host     all      postgres  all   reject",
                                          "hostssl  muster_p01  all  all  scram-sha-256"));
}

TEST(ConfValue, IsThatOfTheLastLineWhateverItsForm) {
  const std::string text =
      "#port = 1\nport = 5432\t\t# (change requires restart)\n  data_directory='/a b#c' # x\n"
      "portal = 7\nport = '5433'\nmuster.site = 'P01'\n";
  EXPECT_EQ(conf_value(text, "port"), "5433");
  EXPECT_EQ(conf_value(text, "data_directory"), "/a b#c");
  EXPECT_EQ(conf_value(text, "muster.site"), "P01");
  EXPECT_EQ(conf_value(text, "ssl"), "");
  for (std::size_t length = 0; length < text.size(); ++length)
    conf_value(std::string_view(text).substr(0, length), "muster.site");
}

}  // namespace
}  // namespace muster::store
