#include "store/cluster_logins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::store {
namespace {

const model::SiteCode kSite = *model::SiteCode::parse("P0A");

TEST(ClusterLogins, AreTheOwnersAndThoseOfTheRoles) {
  EXPECT_THAT(cluster_logins(kSite),
              testing::ElementsAre("muster_p0a", "muster_p0a_locator_point",
                                   "muster_p0a_management_point", "muster_p0a_provider",
                                   "muster_p0a_reporting_point", "muster_p0a_pxe_point"));
}

TEST(ClusterScript, MakesWhatIsMissingAndAltersWhatIsThere) {
  EXPECT_EQ(cluster_script(kSite, {}, {{"muster_p0a", "V1"}}),
            "CREATE ROLE muster_p0a LOGIN PASSWORD 'V1';\n"
            "CREATE DATABASE muster_p0a OWNER muster_p0a ENCODING 'UTF8' TEMPLATE template0;\n"
            "REVOKE ALL ON DATABASE muster_p0a FROM PUBLIC;\n");
  ClusterState state =
      read_cluster_state("login|muster_p0a|V1\nlogin|muster_p0a_provider|\ndatabase|muster_p0a|\n");
  EXPECT_EQ(state.verifiers["muster_p0a"], "V1");
  EXPECT_TRUE(state.verifiers.contains("muster_p0a_provider"));
  EXPECT_EQ(cluster_script(kSite, state, {{"muster_p0a_provider", "V2"}}),
            "ALTER ROLE muster_p0a_provider PASSWORD 'V2';\n");
  EXPECT_EQ(cluster_script(kSite, state, {}), "");
}

TEST(ClusterState, OfABrokenAnswerIsNothing) {
  for (const char* text : {"", "\n", "login", "login|x", "else|x|y\n"}) {
    const ClusterState state = read_cluster_state(text);
    EXPECT_TRUE(state.verifiers.empty()) << text;
    EXPECT_FALSE(state.has_database) << text;
  }
}

}  // namespace
}  // namespace muster::store
