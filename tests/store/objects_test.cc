#include "store/site/objects.h"

#include "store/site/settings.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

class ObjectsTest : public SiteDatabaseTest {
 protected:
  Result<Object> create(std::string_view name, std::string_view kind = "Collection") {
    return write([&](Transaction& t) {
      return create_object(t, {kind, name, site_code(), R"({"a":1})"}, kNow);
    });
  }
  Result<Object> update(const model::ObjectId& id, std::string_view spec,
                        std::optional<std::int64_t> expected = std::nullopt) {
    return write([&](Transaction& t) { return update_object(t, id, spec, expected, later()); });
  }
  Result<Object> remove(const model::ObjectId& id) {
    return write([&](Transaction& t) { return delete_object(t, id, std::nullopt, later()); });
  }
  std::vector<Change> changes(std::int64_t after = 0) {
    return must(read([&](Reader& reader) { return changes_after(reader, after, 100); }));
  }
  static Timestamp later() { return kNow + std::chrono::hours(1); }
};

TEST_F(ObjectsTest, TakeIdsAndSerialsInOrder) {
  const Object first = must(create("all"));
  const Object second = must(create("servers"));
  EXPECT_EQ(first.id, object_id(1));
  EXPECT_EQ(second.id, object_id(2));
  EXPECT_LT(first.serial, second.serial);
  const auto found =
      must(read([&](Reader& reader) { return find_object(reader, "Collection", "servers"); }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->spec, R"({"a":1})");
  EXPECT_EQ(found->created, kNow);
  EXPECT_EQ(found->serial, second.serial);
}

TEST_F(ObjectsTest, EveryChangeIsLoggedInItsTransaction) {
  const Object object = must(create("all"));
  const Object updated = must(update(object.id, "{}"));
  const Object removed = must(remove(object.id));
  const auto log = changes();
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(log[0].action, ChangeAction::Create);
  EXPECT_EQ(log[1].action, ChangeAction::Update);
  EXPECT_EQ(log[1].serial, updated.serial);
  EXPECT_EQ(log[1].spec, "{}");
  EXPECT_EQ(log[2].action, ChangeAction::Delete);
  EXPECT_EQ(log[2].serial, removed.serial);
  EXPECT_EQ(changes(log[1].serial).size(), 1u);

  const auto undone = write([&](Transaction& t) -> Result<Object> {
    TRY(create_object(t, {"Collection", "lost", site_code(), "{}"}, kNow));
    return fail(kNotFound, "on purpose");
  });
  EXPECT_FALSE(undone);
  EXPECT_EQ(changes().size(), 3u);
}

TEST_F(ObjectsTest, AnUpdateOfAnotherSerialIsAConflict) {
  const Object object = must(create("all"));
  const Object updated = must(update(object.id, R"({"a":2})", object.serial));
  EXPECT_GT(updated.serial, object.serial);
  EXPECT_TRUE(fails_with(update(object.id, R"({"a":3})", object.serial), kConflict));
  EXPECT_TRUE(fails_with(
      write([&](Transaction& t) { return delete_object(t, object.id, object.serial, kNow); }),
      kConflict));
  const auto found = must(read([&](Reader& r) { return find_object(r, object.id); }));
  EXPECT_EQ(found->spec, R"({"a":2})");
}

TEST_F(ObjectsTest, ANameIsTakenOnlyAmongLiveObjectsOfAKind) {
  const Object object = must(create("all"));
  EXPECT_TRUE(fails_with(create("all"), kNameTaken));
  must(create("all", "Package"));
  must(remove(object.id));
  const Object again = must(create("all"));
  EXPECT_NE(again.id, object.id);
  const Object other = must(create("other"));
  const auto rename = [&](std::string_view name) {
    return write(
        [&](Transaction& t) { return rename_object(t, other.id, name, std::nullopt, kNow); });
  };
  EXPECT_TRUE(fails_with(rename("all"), kNameTaken));
  EXPECT_EQ(must(rename("other")).name, "other");
  EXPECT_EQ(must(rename("third")).name, "third");
}

TEST_F(ObjectsTest, ADeletedObjectLeavesATombstone) {
  const Object object = must(create("all"));
  must(remove(object.id));
  const auto found = must(read([&](Reader& reader) { return find_object(reader, object.id); }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->deleted, later());
  EXPECT_EQ(found->spec, object.spec);
  EXPECT_FALSE(must(read([&](Reader& r) { return find_object(r, "Collection", "all"); })));
  EXPECT_TRUE(fails_with(update(object.id, "{}"), kNotFound));
  EXPECT_TRUE(fails_with(remove(object.id), kNotFound));
  EXPECT_TRUE(fails_with(update(object_id(99), "{}"), kNotFound));
}

TEST_F(ObjectsTest, AreListedByNameInPages) {
  for (const char* name : {"c", "a", "d", "b"}) must(create(name));
  must(create("x", "Package"));
  const auto page = [&](std::string_view after) {
    std::string names;
    for (const Object& object :
         must(read([&](Reader& r) { return list_objects(r, "Collection", after, 2); })))
      names += object.name;
    return names;
  };
  EXPECT_EQ(page(""), "ab");
  EXPECT_EQ(page("b"), "cd");
  EXPECT_EQ(page("d"), "");
}

TEST_F(ObjectsTest, AReplicaIsTakenWhenItIsNewer) {
  const auto site = must(model::SiteCode::parse("P02"));
  Object object{
      model::ObjectId::make(site, 5), "Package", "tools", site, 40, "{}", kNow, kNow, std::nullopt};
  const auto put = [&] {
    return write([&](Transaction& t) { return put_replica(t, object, kNow); });
  };
  must(put());
  must(put());
  EXPECT_EQ(changes().size(), 1u);
  object.spec = R"({"b":1})";
  object.serial = 39;
  must(put());
  EXPECT_EQ(must(read([&](Reader& r) { return find_object(r, object.id); }))->spec, "{}");
  object.serial = 41;
  object.deleted = kNow;
  must(put());
  EXPECT_EQ(changes().size(), 2u);
  EXPECT_EQ(changes()[1].action, ChangeAction::Delete);
  object.kind = "Collection";
  object.serial = 42;
  EXPECT_TRUE(fails_with(put(), kConflict));
}

TEST_F(ObjectsTest, ChangesCanBeTrimmed) {
  must(create("a"));
  const Object second = must(create("b"));
  must(create("c"));
  EXPECT_EQ(must(write([&](Transaction& t) { return trim_changes(t, second.serial); })), 2);
  EXPECT_EQ(changes().size(), 1u);
}

TEST_F(SiteDatabaseTest, CountersNeverGiveTheSameValueTwice) {
  must(write([](Transaction& t) -> Result<void> {
    EXPECT_EQ(TRY(read_counter(t, Counter::Policy)), 0);
    EXPECT_EQ(TRY(take_counter(t, Counter::Policy)), 1);
    EXPECT_EQ(TRY(take_counter(t, Counter::Policy, 10)), 2);
    EXPECT_EQ(TRY(take_counter(t, Counter::Policy)), 12);
    EXPECT_EQ(TRY(read_counter(t, Counter::Policy)), 12);
    EXPECT_EQ(TRY(read_counter(t, Counter::Object)), 0);
    return {};
  }));
}

TEST_F(SiteDatabaseTest, ASecretIsMadeOnce) {
  const auto secret = [&](std::size_t size) {
    return write([&](Transaction& t) { return site_secret(t, "key", size, random_); });
  };
  const Bytes first = must(secret(16));
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(must(secret(16)), first);
  EXPECT_TRUE(fails_with(secret(32), kUnexpectedValue));
  must(write([](Transaction& t) { return set_site_setting(t, "key", "other"); }));
  EXPECT_EQ(must(read([](Reader& r) { return site_setting(r, "key"); })), "other");
  EXPECT_EQ(must(read([](Reader& r) { return site_setting(r, "none"); })), std::nullopt);
}

}  // namespace
}  // namespace muster::store
