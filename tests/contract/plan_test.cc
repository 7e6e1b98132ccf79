#include "contract/plan.h"

#include <gtest/gtest.h>

#include "wire/errors.h"

namespace muster::contract {
namespace {

const std::string kObject =
    R"({"apiVersion":"muster/v1","kind":"Collection","metadata":{"name":"all"},)"
    R"("spec":{"rules":[]}})";

std::string request(std::string_view members, std::string_view of_item = "") {
  return fmt::format(R"({{"items":[{{"object":{}{}}}]{}}})", kObject, of_item, members);
}

TEST(PlanRequest, SaysWhatItsMembersSay) {
  const auto plain = decode_plan_request(request(""));
  ASSERT_TRUE(plain) << plain.error().text();
  EXPECT_FALSE(plain->prune || plain->take_over || plain->impact);
  EXPECT_EQ(plain->set, "");
  ASSERT_EQ(plain->objects.size(), 1u);
  EXPECT_EQ(plain->objects[0].object.name(), "all");
  EXPECT_FALSE(plain->objects[0].manifest);
  const auto whole = decode_plan_request(request(
      R"(,"set":"mine","prune":true,"takeOver":true,"impact":true)", R"(,"manifest":"{}")"));
  ASSERT_TRUE(whole) << whole.error().text();
  EXPECT_TRUE(whole->prune && whole->take_over && whole->impact);
  EXPECT_EQ(whole->set, "mine");
  EXPECT_EQ(whole->objects[0].manifest, "{}");
}

TEST(PlanRequest, TakesNoValueOfAnotherKindAndNoUnknownMember) {
  for (const std::string_view members :
       {R"(,"prune":"true")", R"(,"prune":1)", R"(,"prune":null)", R"(,"takeOver":"false")",
        R"(,"impact":[])", R"(,"set":5)", R"(,"set":true)", R"(,"set":["mine"])"}) {
    const auto read = decode_plan_request(request(members));
    ASSERT_FALSE(read) << members;
    EXPECT_TRUE(read.error().is(wire::kFieldKind)) << read.error().text();
  }
  for (const std::string_view members : {R"(,"prun":true)", R"(,"dryRun":true)"}) {
    const auto read = decode_plan_request(request(members));
    ASSERT_FALSE(read) << members;
    EXPECT_TRUE(read.error().is(wire::kFieldUnknown)) << read.error().text();
  }
  for (const std::string_view of_item :
       {R"(,"manifest":1)", R"(,"manifest":{})", R"(,"manifest":null)", R"(,"manifests":"{}")"})
    EXPECT_FALSE(decode_plan_request(request("", of_item))) << of_item;
  for (const std::string_view text : {"[]", "{}", R"({"items":{}})", R"({"items":[{}]})",
                                      R"({"items":[[]]})", R"({"items":null})"})
    EXPECT_FALSE(decode_plan_request(text)) << text;
}

}  // namespace
}  // namespace muster::contract
