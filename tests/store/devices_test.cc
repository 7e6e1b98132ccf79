#include "store/site/devices.h"

#include "base/sha256.h"
#include "store/site/certificates.h"
#include "store/site/enrolment.h"
#include "store/site/inventory.h"
#include "store/site/policy.h"
#include "store/site/settings.h"
#include "tests/store/store_test.h"

namespace muster::store {
namespace {

class DevicesTest : public SiteDatabaseTest {
 protected:
  model::DeviceId some_id() { return model::DeviceId::make(random_); }
  static Timestamp after_hours(int hours) { return kNow + std::chrono::hours(hours); }
};

TEST_F(DevicesTest, AreFoundByIdAndByNumber) {
  const Device made = new_device();
  EXPECT_EQ(made.number, 1u);
  EXPECT_EQ(made.approved_by, "alice");
  EXPECT_EQ(made.enrolled, kNow);
  EXPECT_EQ(must(read([&](Reader& r) { return read_device(r, made.id); })).number, made.number);
  EXPECT_EQ(device(made.number).id, made.id);
  EXPECT_FALSE(must(read([&](Reader& r) { return find_device(r, some_id()); })));
  EXPECT_TRUE(fails_with(read([&](Reader& r) { return read_device(r, some_id()); }), kNotFound));
  EXPECT_TRUE(fails_with(write([&](Transaction& t) {
                           return create_device(t, {made.id, site_code(), "again"}, kNow);
                         }),
                         kNameTaken));
}

TEST_F(DevicesTest, ANumberIsNeverGivenTwice) {
  const Device first = new_device();
  must(write([&](Transaction& t) { return delete_device(t, first.number); }));
  EXPECT_EQ(new_device().number, first.number + 1);
}

TEST_F(DevicesTest, AChangeOfStateTakesASerialAndNotesWhoApproved) {
  const auto id = some_id();
  const Device pending = must(write([&](Transaction& t) {
    return create_device(t, {id, site_code(), "pc"}, kNow);
  }));
  EXPECT_EQ(pending.state, DeviceState::Pending);
  EXPECT_EQ(pending.approved_by, std::nullopt);
  const auto set = [&](DeviceState state, std::string_view actor) {
    return write([&](Transaction& t) { return set_device_state(t, pending.number, state, actor); });
  };
  must(set(DeviceState::Active, "bob"));
  EXPECT_EQ(device(pending.number).approved_by, "bob");
  must(set(DeviceState::Blocked, "carol"));
  const Device blocked = device(pending.number);
  EXPECT_EQ(blocked.state, DeviceState::Blocked);
  EXPECT_EQ(blocked.approved_by, "bob");
  EXPECT_GT(blocked.serial, pending.serial);
  const auto changed =
      must(read([&](Reader& r) { return devices_changed_after(r, pending.serial, 10); }));
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].number, pending.number);
  EXPECT_TRUE(fails_with(
      write([](Transaction& t) { return set_device_state(t, 99, DeviceState::Active, "x"); }),
      kNotFound));
  EXPECT_TRUE(
      fails_with(write([](Transaction& t) { return rename_device(t, 99, "x"); }), kNotFound));
}

TEST_F(DevicesTest, AContactIsNotedUnlessALaterOneIs) {
  const Device made = new_device();
  const auto touch = [&](int hours, std::string_view version) {
    must(write(
        [&](Transaction& t) { return touch_device(t, made.number, version, after_hours(hours)); }));
  };
  touch(2, "1.1");
  touch(1, "1.0");
  EXPECT_EQ(device(made.number).last_seen, after_hours(2));
  EXPECT_EQ(device(made.number).client_version, "1.1");
  EXPECT_EQ(device(made.number).serial, made.serial);
  EXPECT_TRUE(
      fails_with(write([](Transaction& t) { return touch_device(t, 99, "1", kNow); }), kNotFound));
}

TEST_F(DevicesTest, AreListedByNumberAndState) {
  for (int i = 0; i < 3; ++i) new_device();
  new_device(DeviceState::Quarantined);
  const auto numbers = [](const std::vector<Device>& devices) {
    std::vector<DeviceNumber> out;
    for (const Device& device : devices) out.push_back(device.number);
    return out;
  };
  using Numbers = std::vector<DeviceNumber>;
  EXPECT_EQ(numbers(must(read([](Reader& r) { return list_devices(r, 1, 2); }))), (Numbers{2, 3}));
  EXPECT_EQ(numbers(must(
                read([](Reader& r) { return list_devices(r, DeviceState::Quarantined, 0, 10); }))),
            Numbers{4});
}

TEST_F(DevicesTest, DeletingOneTakesWhatBelongsToIt) {
  const Device made = new_device();
  must(write([&](Transaction& t) -> Result<void> {
    TRY(register_inventory_classes(t, model::Schema(), random_));
    KnownRows known;
    TRY(apply_full(t, known, model::Schema(), made.number, {}, kNow));
    TRY(add_certificate(t, {sha256("der"), made.id, "der", kNow, after_hours(1)}));
    TRY(put_policy_header(t, {made.number, 1, 1, "h", kNow, kNow, "doc"}));
    return delete_device(t, made.number);
  }));
  EXPECT_FALSE(must(read([&](Reader& r) { return find_device(r, made.id); })));
  EXPECT_TRUE(must(read([&](Reader& r) { return certificates_of(r, made.id); })).empty());
  EXPECT_FALSE(must(read([&](Reader& r) { return find_policy_header(r, made.number); })));
  EXPECT_TRUE(
      fails_with(write([&](Transaction& t) { return delete_device(t, made.number); }), kNotFound));
}

TEST_F(DevicesTest, ACertificateBelongsToOneDevice) {
  const Certificate certificate{sha256("a"), some_id(), "a", kNow, after_hours(2)};
  const auto add = [&](const Certificate& c) {
    return write([&](Transaction& t) { return add_certificate(t, c); });
  };
  must(add(certificate));
  must(add(certificate));
  Certificate stolen = certificate;
  stolen.device = some_id();
  EXPECT_TRUE(fails_with(add(stolen), kConflict));
  const auto found = must(read([&](Reader& r) { return find_certificate(r, certificate.sha256); }));
  EXPECT_EQ(found->device, certificate.device);
  EXPECT_EQ(found->not_after, after_hours(2));
  must(add({sha256("b"), certificate.device, "b", after_hours(1), after_hours(3)}));
  const auto all = must(read([&](Reader& r) { return certificates_of(r, certificate.device); }));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].der, "b");
  EXPECT_EQ(must(write([&](Transaction& t) { return remove_certificates(t, after_hours(3)); })), 1);
}

TEST_F(DevicesTest, ARevocationIsOfACertificateOrOfAnOperator) {
  must(write([&](Transaction& t) -> Result<void> {
    TRY(revoke_certificate(t, sha256("leaf"), after_hours(1), "lost", kNow));
    TRY(revoke_certificate(t, sha256("leaf"), after_hours(9), "again", kNow));
    return revoke_operator(t, "bob", "left", kNow);
  }));
  const auto all = must(read([](Reader& r) { return revocations_after(r, 0, 10); }));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].certificate, sha256("leaf"));
  EXPECT_EQ(all[0].reason, "lost");
  EXPECT_EQ(all[1].operator_name, "bob");
  EXPECT_EQ(must(read([&](Reader& r) { return revocations_after(r, all[0].number, 10); })).size(),
            1u);
  EXPECT_TRUE(must(write([&](Transaction& t) { return lift_revocation(t, "bob"); })));
  EXPECT_FALSE(must(write([&](Transaction& t) { return lift_revocation(t, "bob"); })));
  EXPECT_EQ(must(read([](Reader& r) { return revocations_after(r, 0, 10); })).size(), 1u);
}

TEST_F(DevicesTest, RevokedCertificatesAreListedNewestFirstUntilTheirEnd) {
  must(write([&](Transaction& t) -> Result<void> {
    TRY(revoke_certificate(t, sha256("ended"), after_hours(1), "lost", kNow));
    TRY(revoke_certificate(t, sha256("old"), after_hours(5), "lost", kNow));
    TRY(revoke_operator(t, "bob", "left", kNow));
    TRY(revoke_certificate(t, sha256("new"), after_hours(2), "lost", kNow));
    return Result<void>();
  }));
  const auto listed = [&](std::int64_t limit) {
    return must(read([&](Reader& r) { return revoked_certificates(r, after_hours(2), limit); }));
  };
  EXPECT_EQ(listed(10), (std::vector<Bytes>{sha256("new"), sha256("old")}));
  EXPECT_EQ(listed(1), (std::vector<Bytes>{sha256("new")}));
  EXPECT_EQ(must(read([](Reader& r) { return read_counter(r, Counter::Revocation); })), 4);
}

class TokensTest : public DevicesTest {
 protected:
  void add(std::string_view secret, Timestamp expires) {
    must(write([&](Transaction& t) {
      return add_enrolment_token(t, {sha256(secret), kNow, "alice", expires, {}, {}, {}});
    }));
  }
  Result<TokenUse> use(std::string_view secret, const model::DeviceId& device, Timestamp now,
                       std::string_view key = "key") {
    return write(
        [&](Transaction& t) { return use_enrolment_token(t, secret, device, sha256(key), now); });
  }
};

TEST_F(TokensTest, ATokenLetsOneDeviceIn) {
  add("secret", after_hours(2));
  const auto first = some_id();
  EXPECT_EQ(must(use("secret", first, kNow)), TokenUse::First);
  EXPECT_TRUE(fails_with(use("secret", some_id(), kNow), kTokenRefused));
  EXPECT_EQ(must(use("secret", first, after_hours(1))), TokenUse::Repeated);
  EXPECT_TRUE(fails_with(use("secret", first, kNow, "another key"), kTokenRefused));
  const auto tokens = must(read([](Reader& r) { return list_enrolment_tokens(r); }));
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].used_by, first);
  EXPECT_EQ(tokens[0].used_at, kNow);
}

TEST_F(TokensTest, AnExpiredUnknownOrRemovedTokenIsRefused) {
  add("secret", after_hours(1));
  const auto id = some_id();
  EXPECT_TRUE(fails_with(use("secret", id, after_hours(1)), kTokenRefused));
  EXPECT_TRUE(fails_with(use("Secret", id, kNow), kTokenRefused));
  EXPECT_TRUE(fails_with(use(sha256("secret"), id, kNow), kTokenRefused));
  must(write([](Transaction& t) { return remove_enrolment_token(t, sha256("secret")); }));
  EXPECT_TRUE(fails_with(use("secret", id, kNow), kTokenRefused));
}

TEST_F(TokensTest, ExpiredOnesAreForgotten) {
  add("old", after_hours(1));
  add("new", after_hours(5));
  EXPECT_EQ(must(write([&](Transaction& t) { return remove_expired_tokens(t, after_hours(2)); })),
            1);
  must(use("new", some_id(), kNow));
}

TEST_F(DevicesTest, APendingEnrolmentKeepsItsFirstKey) {
  PendingEnrolment pending{some_id(), "pc", "csr", sha256("key"), "192.0.2.1", kNow};
  const auto add = [&](const PendingEnrolment& p) {
    return write(
        [&](Transaction& t) { return add_pending_enrolment(t, p, {.all = 2, .of_address = 2}); });
  };
  must(add(pending));
  pending.request = "csr 2";
  pending.at = after_hours(1);
  must(add(pending));
  PendingEnrolment thief = pending;
  thief.key_sha256 = sha256("other");
  EXPECT_TRUE(fails_with(add(thief), kConflict));
  const auto found =
      must(read([&](Reader& r) { return find_pending_enrolment(r, pending.device); }));
  EXPECT_EQ(found->request, "csr 2");
  EXPECT_EQ(found->key_sha256, sha256("key"));

  must(add({some_id(), "pc2", "csr", sha256("k2"), "192.0.2.2", kNow}));
  EXPECT_TRUE(
      fails_with(add({some_id(), "pc3", "csr", sha256("k3"), "192.0.2.3", kNow}), kConflict));
  must(add(pending));
  EXPECT_EQ(must(read([](Reader& r) { return list_pending_enrolments(r, 10); })).size(), 2u);
  EXPECT_TRUE(
      must(write([&](Transaction& t) { return remove_pending_enrolment(t, pending.device); })));
  EXPECT_EQ(
      must(write([&](Transaction& t) { return remove_pending_enrolments(t, after_hours(1)); })), 1);
}

TEST_F(DevicesTest, OneAddressDoesNotTakeEveryPlaceOfThoseThatWait) {
  const auto add = [&](std::string key, std::string address) {
    return write([&](Transaction& t) {
      return add_pending_enrolment(t, {some_id(), "pc", "csr", sha256(key), address, kNow},
                                   {.all = 10, .of_address = 2});
    });
  };
  must(add("1", "192.0.2.1"));
  must(add("2", "192.0.2.1"));
  EXPECT_TRUE(fails_with(add("3", "192.0.2.1"), kConflict));
  must(add("3", "192.0.2.2"));
}

TEST(DeviceStates, AreSpelledOneWay) {
  for (const DeviceState state :
       {DeviceState::Pending, DeviceState::Active, DeviceState::Blocked, DeviceState::Quarantined})
    EXPECT_EQ(must(parse_device_state(to_text(state))), state);
  EXPECT_TRUE(fails_with(parse_device_state("Active"), kUnexpectedValue));
}

}  // namespace
}  // namespace muster::store
