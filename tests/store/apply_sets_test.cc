#include "store/site/apply_sets.h"

#include "store/site/objects.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

class ApplySetsTest : public SiteDatabaseTest {
 protected:
  model::ObjectId create(std::string_view name) {
    return must(write([&](Transaction& t) {
             return create_object(t, {"Collection", name, site_code(), "{}"}, kNow);
           }))
        .id;
  }
  void join(const model::ObjectId& object, std::string_view set) {
    ASSERT_TRUE(write([&](Transaction& t) { return set_apply_set(t, object, set); }));
  }
  std::vector<model::ObjectId> members(std::string_view set) {
    return must(read([&](Reader& reader) { return objects_of_apply_set(reader, set); }));
  }
};

TEST_F(ApplySetsTest, AnObjectIsInOneSetAndLeavesItForAnother) {
  const auto a = create("a"), b = create("b");
  join(a, "mine");
  join(b, "mine");
  EXPECT_EQ(members("mine"), (std::vector{a, b}));
  join(a, "theirs");
  EXPECT_EQ(members("mine"), std::vector{b});
  EXPECT_EQ(members("theirs"), std::vector{a});
  EXPECT_EQ(must(read([&](Reader& reader) { return apply_set_of(reader, a); })), "theirs");
}

TEST_F(ApplySetsTest, WhoLeavesIsInNone) {
  const auto a = create("a");
  EXPECT_EQ(must(read([&](Reader& reader) { return apply_set_of(reader, a); })), std::nullopt);
  join(a, "mine");
  ASSERT_TRUE(write([&](Transaction& t) { return leave_apply_set(t, a); }));
  EXPECT_TRUE(members("mine").empty());
  EXPECT_EQ(must(read([&](Reader& reader) { return apply_set_of(reader, a); })), std::nullopt);
}

}  // namespace
}  // namespace muster::store
