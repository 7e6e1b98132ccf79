#include "contract/policy.h"

#include <gtest/gtest.h>

#include "contract/document_errors.h"
#include "model/object_errors.h"

namespace muster::contract {
namespace {

PolicyHeader sample_header() {
  return {.site = model::SiteCode::parse("P01").value(),
          .device = model::DeviceId::parse("00112233445566778899aabbccddeeff").value(),
          .epoch = 1,
          .version = 7,
          .issued = {1'790'000'000'000},
          .expires = {1'792'592'000'000},
          .inventory_resync = 2,
          .catalogue_root = 3,
          .bodies = {{std::string(64, 'a'), 512}}};
}

constexpr std::string_view kHeaderText =
    R"({"format":1,"site":"P01","device":"00112233445566778899aabbccddeeff","epoch":1,"version":7,)"
    R"("issued":"2026-09-21T14:13:20Z","expires":"2026-10-21T14:13:20Z","inventoryResync":2,)"
    R"("catalogueRoot":3,"bodies":[{"sha256":")"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    R"(","size":512}]})";

TEST(PolicyHeader, HasOneSpelling) {
  EXPECT_EQ(encode_policy_header(sample_header()), kHeaderText);
  const auto read = decode_policy_header(kHeaderText);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(encode_policy_header(*read), kHeaderText);
}

TEST(PolicyHeader, IsRefusedWhereverItIsCutOff) {
  for (std::size_t size = 0; size < kHeaderText.size(); ++size)
    EXPECT_FALSE(decode_policy_header(kHeaderText.substr(0, size))) << size;
}

TEST(PolicyHeader, IsRefusedInAnotherFormat) {
  std::string text(kHeaderText);
  text.replace(text.find("\"format\":1"), 10, "\"format\":2");
  EXPECT_TRUE(decode_policy_header(text).error().is(kWrongFormat));
}

TEST(PolicyHeader, IsRefusedWithAHashThatIsNone) {
  std::string text(kHeaderText);
  text[text.find("aaaa")] = 'A';
  EXPECT_TRUE(decode_policy_header(text).error().is(kBadMember));
}

TEST(PolicyBody, OfADeploymentComesBackAsItWas) {
  const DeploymentBody body{
      .deployment = model::ObjectId::parse("P01-00001A").value(),
      .name = "hello-everywhere",
      .package = "hello",
      .package_version = "1.0",
      .program = "install",
      .purpose = model::Purpose::Required,
      .start = {1'790'000'000'000},
      .deadline = Timestamp{1'790'000'000'500},
      .schedules = {model::parse_schedule("2026-02-01T03:00", "FREQ=DAILY").value(),
                    model::parse_schedule("2026-02-01T03:00Z", "").value()},
      .events = {model::DeploymentEvent::Idle},
      .after = {model::ObjectId::parse("P01-00001B").value()},
      .expires = Timestamp{1'800'000'000'000},
      .rerun = model::Rerun::IfFailed,
      .notice = true,
      .ignore_windows = true,
      .entry = {"package-hello", 3, std::string(64, 'b'), 900},
      .content_folder = std::string(32, 'c'),
      .persist = true,
      .first = {{.package = "base",
                 .package_version = "2",
                 .program = "prepare",
                 .entry = {"package-base", 1, std::string(64, 'd'), 700},
                 .content_folder = std::string(32, 'e'),
                 .persist = true}}};
  const auto read = decode_policy_body(encode_policy_body(body));
  ASSERT_TRUE(read) << read.error().text();
  const auto& again = std::get<DeploymentBody>(*read);
  EXPECT_EQ(again.deployment, body.deployment);
  EXPECT_EQ(again.entry, body.entry);
  EXPECT_EQ(again.deadline, body.deadline);
  EXPECT_EQ(again.schedules, body.schedules);
  EXPECT_EQ(again.events, body.events);
  EXPECT_EQ(again.after, body.after);
  EXPECT_EQ(again.first, body.first);
  EXPECT_TRUE(again.persist);
  EXPECT_EQ(again.expires, body.expires);
  EXPECT_EQ(again.rerun, body.rerun);
  EXPECT_TRUE(again.notice);
  EXPECT_TRUE(again.ignore_windows);
  EXPECT_EQ(again.content_folder, body.content_folder);
}

TEST(PolicyBody, IsRefusedWithAFolderThatCouldLeaveItsPlace) {
  DeploymentBody body{.deployment = model::ObjectId::parse("P01-00001A").value(),
                      .name = "x",
                      .package = "hello",
                      .package_version = "1.0",
                      .program = "install",
                      .purpose = model::Purpose::Required,
                      .start = {},
                      .deadline = {},
                      .entry = {"package-hello", 3, std::string(64, 'b'), 900},
                      .content_folder = "../../../../etc/0123456789abcdef"};
  EXPECT_TRUE(decode_policy_body(encode_policy_body(body)).error().is(kBadMember));
}

TEST(PolicyBody, OfClientSettingsComesBackAsItWas) {
  const ClientSettingsBody body{
      .poll_interval = std::chrono::minutes(60),
      .heartbeat_interval = std::chrono::hours(24),
      .inventory_interval = std::chrono::hours(24 * 7),
      .class_intervals = {{"Disk", std::chrono::hours(12)}, {"NotYetKnown", std::chrono::hours(1)}},
      .agent = {{"restartWithin", std::chrono::hours(8)}},
      .max_age = std::chrono::hours(24 * 7),
      .distribution_points = {"http://dp1:80"}};
  const auto read = decode_policy_body(encode_policy_body(body));
  ASSERT_TRUE(read) << read.error().text();
  const auto& again = std::get<ClientSettingsBody>(*read);
  EXPECT_EQ(again.poll_interval, body.poll_interval);
  EXPECT_EQ(again.class_intervals, body.class_intervals);
  EXPECT_EQ(again.agent, body.agent);
  EXPECT_EQ(again.distribution_points, body.distribution_points);
}

TEST(PolicyBody, OfACollectionComesBackAsItWas) {
  const CollectionBody body{
      .collection = model::ObjectId::parse("P01-00001B").value(),
      .name = "servers",
      .windows = {{"night", model::parse_schedule("2026-02-01T22:00", "FREQ=DAILY").value(),
                   std::chrono::hours(4)}},
      .agent = {.precedence = 7,
                .settings = {{"countdown", std::chrono::minutes(9)}},
                .variables = {{"SERVER", "lic1"}, {.name = "KEY", .secret = "licence-key"}}}};
  const auto read = decode_policy_body(encode_policy_body(body));
  ASSERT_TRUE(read) << read.error().text();
  const auto& again = std::get<CollectionBody>(*read);
  EXPECT_EQ(again.collection, body.collection);
  EXPECT_EQ(again.name, "servers");
  EXPECT_EQ(again.windows, body.windows);
  EXPECT_EQ(again.agent, body.agent);
  CollectionBody endless = body;
  endless.windows[0].duration = std::chrono::hours(24);
  EXPECT_TRUE(decode_policy_body(encode_policy_body(endless)).error().is(model::kBadSchedule));
}

TEST(PolicyBody, OfACollectionIsRefusedWithWhatNoFileMaySay) {
  const auto decoded = [](std::string_view settings, std::string_view variables,
                          std::string_view precedence = "0") {
    return decode_policy_body(
        fmt::format(R"({{"format":1,"kind":"collection","collection":"P01-00001B","name":"x",)"
                    R"("precedence":{},"settings":[{}],"variables":[{}],"windows":[]}})",
                    precedence, settings, variables));
  };
  EXPECT_TRUE(decoded("", ""));
  EXPECT_TRUE(decoded(R"({"name":"countdown","value":"PT5M"})", R"({"name":"A","value":"1"})"));
  // Of a newer site: left out.
  const auto newer = decoded(R"({"name":"notYetKnown","value":"PT5M"})", "");
  ASSERT_TRUE(newer);
  EXPECT_TRUE(std::get<CollectionBody>(*newer).agent.settings.empty());
  EXPECT_FALSE(decoded(R"({"name":"countdown","value":"P2D"})", ""));
  EXPECT_FALSE(
      decoded(R"({"name":"countdown","value":"PT5M"},{"name":"countdown","value":"PT5M"})", ""));
  EXPECT_FALSE(decoded("", R"({"name":"A=B","value":"1"})"));
  EXPECT_FALSE(decoded("", R"({"name":"A","value":"1","secret":"x"})"));
  EXPECT_FALSE(decoded("", R"({"name":"A"})"));
  EXPECT_FALSE(decoded("", R"({"name":"A","secret":"../../etc/shadow"})"));
  EXPECT_FALSE(decoded("", R"({"name":"A","secret":""})"));
  EXPECT_FALSE(decoded("", R"({"name":"A","value":"a\u0000b"})"));
  EXPECT_FALSE(decoded("", "", "1001"));
}

TEST(PolicyBody, OfClientSettingsTakesClassIntervalsWithinBoundsAndOnce) {
  const auto decoded = [](std::string_view intervals) {
    return decode_policy_body(fmt::format(
        R"({{"format":1,"kind":"client-settings","pollInterval":"PT1H","heartbeatInterval":"P1D",)"
        R"("inventoryInterval":"P7D",{}"maxAge":"P7D","distributionPoints":[]}})",
        intervals));
  };
  EXPECT_TRUE(decoded("").has_value());  // of a site that does not have them yet
  EXPECT_TRUE(decoded(R"("classIntervals":[{"class":"Disk","interval":"PT1H"}],)").has_value());
  for (const char* wrong : {R"("classIntervals":[{"class":"Disk","interval":"PT59M"}],)",
                            R"("classIntervals":[{"class":"Disk","interval":"P91D"}],)",
                            R"("classIntervals":[{"class":"Disk"}],)", R"("classIntervals":7,)",
                            R"("classIntervals":[{"class":"A","interval":"P1D"},)"
                            R"({"class":"A","interval":"P2D"}],)"})
    EXPECT_FALSE(decoded(wrong).has_value()) << wrong;
}

TEST(PolicyBody, OfAnUnknownKindIsRefused) {
  EXPECT_TRUE(decode_policy_body(R"({"format":1,"kind":"shell"})").error().is(kBadMember));
}

}  // namespace
}  // namespace muster::contract
