#include "model/collection_links.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "model/errors.h"

namespace muster::model {
namespace {

using Graph = std::map<std::string, std::vector<CollectionLink>>;

std::string cycle(const Graph& graph, const std::string& start) {
  std::map<std::string, int> asked;
  const auto found = find_cycle(start, [&](const std::string& name) {
    EXPECT_EQ(++asked[name], 1) << name << " was asked for twice";
    const auto links = graph.find(name);
    return links == graph.end() ? std::vector<CollectionLink>() : links->second;
  });
  EXPECT_TRUE(found);
  return found ? *found : "?";
}

TEST(CollectionLinks, AreWhatTheRulesAndTheLimitName) {
  const Collection collection{.name = "a",
                              .limited_to = "b",
                              .rules = {QueryRule{"Device"}, IncludeRule{"c"}, DeviceRule{"pc"},
                                        ExcludeRule{"d"}, IncludeRule{"all-systems"}}};
  EXPECT_EQ(links_of(collection),
            (std::vector<CollectionLink>{
                {Link::Include, "c"}, {Link::Exclude, "d"}, {Link::LimitedTo, "b"}}));
  EXPECT_TRUE(links_of({.name = "a"}).empty());
}

TEST(CollectionLinks, TellTheWayBackToWhereTheyBegan) {
  const Graph graph = {{"a", {{Link::Include, "x"}, {Link::Include, "b"}}},
                       {"x", {{Link::Exclude, "y"}}},
                       {"b", {{Link::Exclude, "x"}, {Link::Exclude, "c"}}},
                       {"c", {{Link::LimitedTo, "a"}}}};
  EXPECT_EQ(cycle(graph, "a"), "a includes b, b excludes c, c is limited to a");
  EXPECT_EQ(cycle(graph, "c"), "c is limited to a, a includes b, b excludes c");
  EXPECT_EQ(cycle(graph, "x"), "");
  EXPECT_EQ(cycle({{"a", {{Link::Include, "a"}}}}, "a"), "a includes a");
  // A circle elsewhere is none of the start's.
  EXPECT_EQ(cycle({{"a", {{Link::Include, "b"}}}, {"b", {{Link::Include, "b"}}}}, "a"), "");
}

TEST(CollectionLinks, LookAtEachCollectionOnceHoweverManyWaysLeadThere) {
  Graph graph;
  for (int i = 0; i < 1000; ++i) {
    const std::string next = std::to_string(i + 1);
    graph[std::to_string(i)] = {
        {Link::Include, next}, {Link::Exclude, next}, {Link::LimitedTo, next}};
  }
  EXPECT_EQ(cycle(graph, "0"), "");
  graph["1000"] = {{Link::Exclude, "0"}};
  EXPECT_TRUE(cycle(graph, "0").ends_with("999 includes 1000, 1000 excludes 0"));
}

TEST(CollectionLinks, PassOnWhatCannotBeLookedUp) {
  const auto found =
      find_cycle("a", [](const std::string& name) -> Result<std::vector<CollectionLink>> {
        if (name == "a") return std::vector<CollectionLink>{{Link::Include, "gone"}};
        return fail(kBadName, "{}", name);
      });
  ASSERT_FALSE(found);
  EXPECT_TRUE(found.error().is(kBadName));
}

}  // namespace
}  // namespace muster::model
