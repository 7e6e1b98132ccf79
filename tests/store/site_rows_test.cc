#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "base/sha256.h"
#include "store/site/collections.h"
#include "store/site/objects.h"
#include "store/site/packages.h"
#include "store/site/policy.h"
#include "store/site/positions.h"
#include "store/site/quarantine.h"
#include "store/site/status.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

class SiteRowsTest : public SiteDatabaseTest {
 protected:
  static Timestamp after_minutes(int minutes) { return kNow + std::chrono::minutes(minutes); }
};

TEST_F(SiteRowsTest, ACollectionHoldsEachMemberOnce) {
  const auto servers = object_id(1);
  const auto others = object_id(2);
  const DeviceNumber a = new_device().number;
  const DeviceNumber b = new_device().number;
  const auto add = [&](const model::ObjectId& collection, std::vector<DeviceNumber> devices) {
    must(write([&](Transaction& t) { return add_members(t, collection, devices, kNow); }));
  };
  const auto members = [&](const model::ObjectId& collection) {
    std::vector<DeviceNumber> out;
    for (const auto& each :
         must(read([&](Reader& r) { return members_of(r, collection, 0, 1000); })))
      out.push_back(each.device);
    return out;
  };
  using Devices = std::vector<DeviceNumber>;
  add(servers, {a});
  add(servers, {b, a, 99});  // there is no such device
  add(others, {a});
  EXPECT_EQ(members(servers), (Devices{a, b}));
  EXPECT_EQ(members(others), Devices{a});
  EXPECT_EQ(must(read([&](Reader& r) { return members_of(r, servers, a, 10); })).size(), 1u);
  const auto remove = [&](const Devices& devices) {
    must(write([&](Transaction& t) { return remove_members(t, servers, devices); }));
  };
  remove({a, 99});
  remove({a});
  EXPECT_EQ(members(servers), Devices{b});
  must(write([&](Transaction& t) { return remove_all_members(t, servers); }));
  EXPECT_EQ(members(servers), Devices());
  EXPECT_EQ(members(others), Devices{a});

  // More than one statement takes.
  Devices many;
  for (int i = 0; i < 300; ++i) many.push_back(new_device().number);
  add(servers, many);
  EXPECT_EQ(members(servers), many);
  remove(Devices(many.begin() + 10, many.end()));
  EXPECT_EQ(members(servers), Devices(many.begin(), many.begin() + 10));
  must(write(forget_members));
  EXPECT_EQ(members(servers), Devices());
  EXPECT_EQ(members(others), Devices());
}

TEST_F(SiteRowsTest, APolicyHeaderOnlyRises) {
  const DeviceNumber number = new_device().number;
  const auto put = [&](std::int64_t epoch, std::int64_t version) {
    return write([&](Transaction& t) {
      return put_policy_header(t, {number, epoch, version, "content", kNow,
                                   after_minutes(static_cast<int>(version)), "document"});
    });
  };
  must(put(1, 5));
  EXPECT_TRUE(fails_with(put(1, 5), kConflict));
  EXPECT_TRUE(fails_with(put(1, 4), kConflict));
  EXPECT_TRUE(fails_with(put(0, 9), kConflict));
  must(put(2, 1));
  const auto header = must(read([&](Reader& r) { return find_policy_header(r, number); }));
  EXPECT_EQ(header->epoch, 2);
  EXPECT_EQ(header->document, "document");
  const auto expiring = [&](int minutes) {
    return must(
        read([&](Reader& r) { return expiring_policy_headers(r, after_minutes(minutes), 10); }));
  };
  EXPECT_TRUE(expiring(1).empty());
  EXPECT_EQ(expiring(2), std::vector<DeviceNumber>{number});
}

TEST_F(SiteRowsTest, PolicyBodiesGoWhenAnotherHasTakenTheirPlaceForLong) {
  const auto put = [&](std::string_view hash, std::uint32_t object, int minutes) {
    must(write([&](Transaction& t) {
      return add_policy_body(
          t, {Bytes(hash), "deployment", object_id(object), "document of " + Bytes(hash)},
          after_minutes(minutes));
    }));
  };
  const auto newest = [&](std::uint32_t object) -> Bytes {
    const auto found =
        must(read([&](Reader& r) { return newest_policy_body(r, object_id(object)); }));
    EXPECT_TRUE(!found || found->document == "document of " + found->hash);
    return found ? found->hash : Bytes();
  };
  const auto remove = [&](int minutes) {
    auto gone = must(write([&](Transaction& t) {
      return remove_superseded_policy_bodies(t, after_minutes(minutes));
    }));
    std::sort(gone.begin(), gone.end());
    return gone;
  };
  using Hashes = std::vector<Bytes>;
  EXPECT_EQ(newest(1), "");
  put("a", 1, 0);
  put("other", 2, 0);
  put("b", 1, 10);
  EXPECT_EQ(newest(1), "b");
  EXPECT_EQ(remove(10), Hashes()) << "it was of use until just now";
  // What is said again has taken the place of what was said in between; its document is what it
  // was.
  must(write([&](Transaction& t) {
    return add_policy_body(t, {"a", "deployment", object_id(1), "another"}, after_minutes(20));
  }));
  EXPECT_EQ(newest(1), "a");
  EXPECT_EQ(remove(20), Hashes());
  EXPECT_EQ(remove(21), Hashes{"b"});
  EXPECT_EQ(newest(1), "a");
  EXPECT_EQ(newest(2), "other");
}

TEST_F(SiteRowsTest, PolicyBodiesOfDeletedObjectsGo) {
  const auto object = must(write([&](Transaction& t) -> Result<Object> {
    return create_object(t, {.kind = "Deployment", .name = "d", .site = site_code(), .spec = "{}"},
                         kNow);
  }));
  must(write([&](Transaction& t) -> Result<void> {
    TRY(add_policy_body(t, {"a", "deployment", object.id, "document"}, kNow));
    TRY(delete_object(t, object.id, {}, after_minutes(5)));
    return {};
  }));
  const auto remove = [&](int minutes) {
    return must(write([&](Transaction& t) {
      return remove_superseded_policy_bodies(t, after_minutes(minutes));
    }));
  };
  EXPECT_TRUE(remove(5).empty());
  EXPECT_EQ(remove(6).size(), 1u);
}

TEST_F(SiteRowsTest, OfContactsTheLatestOfAKindIsKept) {
  const DeviceNumber number = new_device().number;
  const auto note = [&](std::string_view kind, int minutes) {
    must(write([&](Transaction& t) {
      return note_contact(
          t, {number, std::string(kind), after_minutes(minutes), fmt::format("{}", minutes)});
    }));
  };
  note("policy", 5);
  note("policy", 3);
  note("header", 1);
  const auto contacts = must(read([&](Reader& r) { return contacts_of(r, number); }));
  ASSERT_EQ(contacts.size(), 2u);
  EXPECT_EQ(contacts[0].kind, "header");
  EXPECT_EQ(contacts[1].detail, "5");
}

TEST_F(SiteRowsTest, ADeploymentStateGivesWayToALaterOneOnly) {
  const DeviceNumber number = new_device().number;
  DeploymentState state{object_id(4), number, 1, 10, std::nullopt, std::nullopt, "", kNow, "s", 5};
  const auto put = [&](Bytes stream, std::int64_t sequence, int minutes, std::int64_t value) {
    state.stream = std::move(stream);
    state.sequence = sequence;
    state.at = after_minutes(minutes);
    state.state = value;
    return must(write([&](Transaction& t) { return put_deployment_state(t, state); }));
  };
  EXPECT_TRUE(put("s", 5, 10, 1));
  EXPECT_FALSE(put("s", 5, 11, 2));
  EXPECT_FALSE(put("s", 4, 20, 2));
  EXPECT_TRUE(put("s", 6, 2, 2));  // the clock went back: the sequence decides
  EXPECT_FALSE(put("t", 1, 1, 3));
  EXPECT_TRUE(put("t", 1, 3, 3));
  must(read([&](Reader& r) -> Result<void> {
    EXPECT_EQ(TRY(find_deployment_state(r, object_id(4), number))->state, 3);
    EXPECT_EQ(TRY(deployment_states(r, object_id(4), 3, 0, 10)).size(), 1u);
    EXPECT_EQ(TRY(deployment_states(r, object_id(4), 1, 0, 10)).size(), 0u);
    EXPECT_EQ(TRY(deployment_states(r, object_id(4), std::nullopt, 0, 10)).size(), 1u);
    EXPECT_EQ(TRY(deployments_of(r, number)).size(), 1u);
    const auto counts = TRY(count_deployment_states(r, object_id(4)));
    EXPECT_EQ(counts.size(), 1u);
    EXPECT_EQ(counts.at(0).devices, 1);
    return {};
  }));
}

TEST_F(SiteRowsTest, CountsOfStatesAreThoseThatCountingWouldFind) {
  SeededRandom random(20'261);
  std::vector<DeviceNumber> devices;
  for (int i = 0; i < 12; ++i) devices.push_back(new_device().number);
  const auto check = [&] {
    must(read([&](Reader& r) -> Result<void> {
      for (const int deployment : {4, 5}) {
        std::map<std::int64_t, std::int64_t> counted, kept;
        for (const auto& each :
             TRY(deployment_states(r, object_id(deployment), std::nullopt, 0, 1000)))
          ++counted[each.state];
        for (const auto& each : TRY(count_deployment_states(r, object_id(deployment))))
          kept[each.state] = each.devices;
        EXPECT_EQ(kept, counted);
      }
      return {};
    }));
  };
  for (int step = 1; step <= 400; ++step) {
    if (step % 100 == 0 && !devices.empty()) {
      must(write([&](Transaction& t) { return delete_device(t, devices.back()); }));
      devices.pop_back();
    } else {
      DeploymentState state{.deployment = object_id(random.below(2) == 0 ? 4 : 5),
                            .device = devices[random.below(devices.size())],
                            .state = static_cast<std::int64_t>(random.below(5)),
                            .status_id = 0,
                            .exit_code = {},
                            .error = {},
                            .detail = {},
                            .at = kNow,
                            .stream = "s",
                            // One of three is late.
                            .sequence = static_cast<std::int64_t>(
                                random.below(3) == 0 ? static_cast<std::uint64_t>(step) / 2
                                                     : static_cast<std::uint64_t>(step))};
      must(write([&](Transaction& t) { return put_deployment_state(t, state); }));
    }
    check();
  }
  must(write([&](Transaction& t) { return remove_deployment_states(t, object_id(4)); }));
  check();
}

TEST_F(SiteRowsTest, AStatusMessageIsTakenOnce) {
  StatusMessage message{0,
                        1,
                        "stream",
                        1,
                        5100,
                        "deployment",
                        2,
                        object_id(4),
                        kNow,
                        kNow,
                        R"({"x":1})",
                        Bytes(16, 'a')};
  const auto add = [&] {
    return must(write([&](Transaction& t) { return add_status_message(t, message); }));
  };
  const auto first = add();
  ASSERT_TRUE(first);
  EXPECT_FALSE(add());
  message.sequence = 2;
  EXPECT_FALSE(add());  // the same report, made again after a kill
  message.report = Bytes(16, 'b');
  message.deployment = std::nullopt;
  message.received = after_minutes(1);
  const auto second = add();
  ASSERT_TRUE(second);
  EXPECT_GT(*second, *first);
  const auto list = [&](const StatusFilter& filter, std::int64_t before = 0) {
    return must(read([&](Reader& r) { return list_status_messages(r, filter, before, 10); }));
  };
  ASSERT_EQ(list({}).size(), 2u);
  EXPECT_EQ(list({})[0].sequence, 2);
  EXPECT_EQ(list({}, *second).size(), 1u);
  EXPECT_EQ(list({1, object_id(4), 5100}).size(), 1u);
  EXPECT_EQ(list({1, object_id(4), 5100})[0].detail, R"({"x":1})");
  EXPECT_EQ(list({2, std::nullopt, std::nullopt}).size(), 0u);
  EXPECT_EQ(must(read([&](Reader& r) { return status_messages_after(r, *first, 10); })).size(), 1u);
  EXPECT_EQ(must(write([](Transaction& t) { return remove_status_messages(t, after_minutes(1)); })),
            1);
}

TEST_F(SiteRowsTest, AStreamTakesEachSequenceOnce) {
  const auto advance = [&](ByteView sender, ByteView stream, std::int64_t sequence) {
    return must(write([&](Transaction& t) {
      return advance_stream(t, {sender, stream, sequence, sha256(std::to_string(sequence)), kNow},
                            kNow);
    }));
  };
  EXPECT_EQ(advance("a", "s", 1), StreamStep::New);
  EXPECT_EQ(advance("a", "s", 1), StreamStep::Seen);
  EXPECT_EQ(advance("a", "s", 3), StreamStep::New);
  EXPECT_EQ(advance("a", "s", 2), StreamStep::Seen);
  EXPECT_EQ(advance("a", "t", 1), StreamStep::New);
  EXPECT_EQ(advance("b", "s", 1), StreamStep::New);
  EXPECT_EQ(must(read([](Reader& r) { return stream_position(r, "a", "s"); }))->sequence, 3);
  EXPECT_EQ(must(read([](Reader& r) { return stream_position(r, "a", "s"); }))->body_sha256,
            sha256("3"));
  EXPECT_FALSE(must(read([](Reader& r) { return stream_position(r, "c", "s"); })));
  EXPECT_EQ(must(write([](Transaction& t) { return remove_streams(t, after_minutes(1)); })), 3);
}

TEST_F(SiteRowsTest, ASenderOpensNoMoreStreamsThanItsMost) {
  const auto open = [&](ByteView sender, int stream, std::int64_t sequence) {
    return write([&](Transaction& t) {
      return advance_stream(t, {sender, fmt::format("{}", stream), sequence, sha256("x"), kNow},
                            kNow);
    });
  };
  must(write([&](Transaction& t) -> Result<void> {
    for (int i = 0; i < 1000; ++i)
      TRY(advance_stream(t, {"a", fmt::format("{}", i), 1, sha256("x"), kNow}, kNow));
    return {};
  }));
  EXPECT_TRUE(fails_with(open("a", 1000, 1), kTooManyStreams));
  EXPECT_TRUE(open("a", 7, 2)) << "those that it has go on";
  EXPECT_TRUE(open("b", 1000, 1));
}

TEST_F(SiteRowsTest, AnInboxPositionNeverGoesBack) {
  const auto set = [&](std::uint64_t position) {
    return write([&](Transaction& t) { return set_inbox_position(t, "mp", position); });
  };
  EXPECT_EQ(must(read([](Reader& r) { return inbox_position(r, "mp"); })), 0u);
  must(set(10));
  must(set(10));
  EXPECT_TRUE(fails_with(set(9), kConflict));
  EXPECT_EQ(must(read([](Reader& r) { return inbox_position(r, "mp"); })), 10u);
}

TEST_F(SiteRowsTest, QuarantineKeepsTheLatestAndKnowsWhatWasReplayed) {
  const auto put = [&](std::string_view message) {
    return must(write([&](Transaction& t) {
      return quarantine_message(
          t, {0, kNow, "device", "inventory", 1302, "bad row", Bytes(message), std::nullopt},
          {.in_all = 2, .per_sender = 2, .bytes_in_all = 100, .bytes_per_sender = 8});
    }));
  };
  const auto first = put("one");
  const auto second = put("two");
  put("three");
  EXPECT_FALSE(must(read([&](Reader& r) { return find_quarantined(r, first); })));
  EXPECT_EQ(must(read([&](Reader& r) { return find_quarantined(r, second); }))->message, "two");
  EXPECT_EQ(must(read([](Reader& r) { return list_quarantined(r, 0, 10); })).size(), 2u);
  const auto replay = [&](std::int64_t number) {
    return write([&](Transaction& t) { return mark_replayed(t, number, kNow); });
  };
  must(replay(second));
  EXPECT_TRUE(fails_with(replay(second), kConflict));
  EXPECT_TRUE(fails_with(replay(first), kNotFound));
  EXPECT_EQ(must(read([](Reader& r) { return count_quarantined(r); })), 2);
  // Two long messages are more than one sender may keep; the newest stays.
  const auto fourth = put("four is long");
  EXPECT_FALSE(must(read([&](Reader& r) { return find_quarantined(r, second); })));
  EXPECT_TRUE(must(read([&](Reader& r) { return find_quarantined(r, fourth); })));
  EXPECT_TRUE(must(write([&](Transaction& t) { return remove_quarantined(t, fourth); })));
  EXPECT_FALSE(must(write([&](Transaction& t) { return remove_quarantined(t, second); })));
}

TEST_F(SiteRowsTest, PackageContentRisesAndCanBeWithdrawn) {
  const auto add = [&](std::int64_t version, std::string_view folder) {
    return write([&](Transaction& t) {
      return add_package_content(
          t, {object_id(1), version, sha256("manifest"), Bytes(folder), 77, kNow, std::nullopt});
    });
  };
  must(add(1, "folder-1"));
  must(add(2, "folder-2"));
  EXPECT_TRUE(fails_with(add(2, "folder-3"), kConflict));
  EXPECT_TRUE(fails_with(add(3, "folder-2"), kConstraint));
  const auto current = [&] {
    return must(read([](Reader& r) { return current_package_content(r, object_id(1)); }));
  };
  EXPECT_EQ(current()->version, 2);
  const auto withdraw = [&] {
    return write([](Transaction& t) {
      return withdraw_package_content(t, object_id(1), 2, "elsewhere", kNow);
    });
  };
  must(withdraw());
  EXPECT_TRUE(fails_with(withdraw(), kNotFound));
  EXPECT_EQ(current()->version, 1);
  EXPECT_FALSE(must(read([](Reader& r) { return find_package_by_folder(r, "folder-2"); })));
  EXPECT_EQ(must(read([](Reader& r) { return find_package_by_folder(r, "folder-1"); }))->size_bytes,
            77);
  EXPECT_EQ(
      must(read([](Reader& r) { return find_package_content(r, object_id(1), 2); }))->withdrawn,
      kNow);
  EXPECT_EQ(must(read([](Reader& r) { return list_package_content(r, object_id(1)); })).size(), 2u);
}

TEST_F(SiteRowsTest, CatalogueVersionsOnlyRise) {
  const auto add = [&](std::string_view role, std::int64_t version, std::string_view bytes) {
    return write(
        [&](Transaction& t) { return add_catalogue_document(t, role, version, bytes, kNow); });
  };
  must(add("snapshot", 1, "a"));
  must(add("snapshot", 2, "b"));
  must(add("snapshot", 2, "b"));
  EXPECT_TRUE(fails_with(add("snapshot", 2, "c"), kConflict));
  EXPECT_TRUE(fails_with(add("snapshot", 1, "a"), kConflict));
  must(add("root", 1, "r"));
  must(read([](Reader& r) -> Result<void> {
    EXPECT_EQ(TRY(latest_catalogue_document(r, "snapshot"))->bytes, "b");
    EXPECT_EQ(TRY(find_catalogue_document(r, "snapshot", 1))->bytes, "a");
    EXPECT_EQ(TRY(catalogue_document_by_hash(r, sha256("a")))->version, 1);
    EXPECT_FALSE(TRY(latest_catalogue_document(r, "timestamp")));
    const auto all = TRY(latest_catalogue_documents(r));
    EXPECT_EQ(all.size(), 2u);
    EXPECT_EQ(all.at(0).role, "root");
    EXPECT_EQ(all.at(1).version, 2);
    return {};
  }));
  EXPECT_EQ(
      must(write([](Transaction& t) { return remove_catalogue_documents(t, "snapshot", 2); })), 1);
}

}  // namespace
}  // namespace muster::store
