#include "base/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/settings_tables.h"
#include "base/size.h"

namespace muster {
namespace {

using testing::HasSubstr;

constexpr Setting kTable[] = {
    {"name", SettingType::Text, "site", "", "", "", "", "A name."},
    {"level", SettingType::Text, "info", "", "", "", "debug info error", "A level."},
    {"count", SettingType::Integer, "5", "devices", "-1", "10", "", "A count."},
    {"wait", SettingType::Duration, "PT10M", "", "PT1S", "P1D", "", "A wait."},
    {"room", SettingType::Size, "5 GB", "", "1 MB", "", "", "A size."},
    {"on", SettingType::Boolean, "false", "", "", "", "", "A switch."},
    {"folder", SettingType::Path, "", "", "", "", "", "A folder."},
};

Settings fresh() { return Settings{kTable}; }

TEST(Settings, StartAtTheirDefaults) {
  const Settings settings = fresh();
  EXPECT_EQ(settings.text("name"), "site");
  EXPECT_EQ(settings.integer("count"), 5);
  EXPECT_EQ(settings.duration("wait"), std::chrono::minutes(10));
  EXPECT_EQ(settings.size_bytes("room"), 5'000'000'000u);
  EXPECT_FALSE(settings.boolean("on"));
  EXPECT_EQ(settings.path("folder"), "");
  EXPECT_FALSE(settings.is_set("name"));
}

TEST(Settings, HoldWhatWasSet) {
  Settings settings = fresh();
  for (const auto& [name, text] : {std::pair{"name", "Größe"},
                                   {"level", "debug"},
                                   {"count", "-1"},
                                   {"wait", "P1D"},
                                   {"room", "64 MiB"},
                                   {"on", "true"},
                                   {"folder", "/srv"}}) {
    EXPECT_TRUE(settings.set(name, text).has_value()) << name;
    EXPECT_TRUE(settings.is_set(name));
  }
  EXPECT_EQ(settings.text("name"), "Größe");
  EXPECT_EQ(settings.text("level"), "debug");
  EXPECT_EQ(settings.integer("count"), -1);
  EXPECT_EQ(settings.duration("wait"), std::chrono::hours(24));
  EXPECT_EQ(settings.size_bytes("room"), 64u << 20);
  EXPECT_TRUE(settings.boolean("on"));
  EXPECT_EQ(settings.path("folder"), "/srv");
}

TEST(Settings, RefuseAnUnknownNameWithTheNearest) {
  Settings settings = fresh();
  const auto set = settings.set("cuont", "1");
  ASSERT_FALSE(set.has_value());
  EXPECT_TRUE(set.error().is(kUnknownSetting));
  EXPECT_EQ(set.error().detail(), "'cuont'; did you mean 'count'?");
  EXPECT_EQ(settings.set("zzzzzzzz", "1").error().detail(), "'zzzzzzzz'");
}

TEST(Settings, RefuseBadValuesByNameAndKeepTheOldOne) {
  for (const auto& [name, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"count", ""},
                                                                  {"count", "five"},
                                                                  {"count", "5 "},
                                                                  {"count", "0x5"},
                                                                  {"count", "1.0"},
                                                                  {"count", "99999999999999999999"},
                                                                  {"count", "11"},
                                                                  {"count", "-2"},
                                                                  {"wait", "10m"},
                                                                  {"wait", "PT0.9S"},
                                                                  {"wait", "P2D"},
                                                                  {"room", "5 gb"},
                                                                  {"room", "-1 GB"},
                                                                  {"room", "999 KB"},
                                                                  {"on", "yes"},
                                                                  {"on", "TRUE"},
                                                                  {"on", ""},
                                                                  {"level", "loud"},
                                                                  {"level", ""},
                                                                  {"level", "debug info"},
                                                                  {"name", "two\nlines"},
                                                                  {"name", "bad\xff"},
                                                                  {"folder", "relative/path"}}) {
    Settings settings = fresh();
    const auto set = settings.set(name, text);
    ASSERT_FALSE(set.has_value()) << name << " = " << text;
    EXPECT_TRUE(set.error().is(kBadSetting)) << set.error().text();
    EXPECT_THAT(set.error().detail(), testing::StartsWith(std::string(name) + ":"));
    EXPECT_FALSE(settings.is_set(name));
    EXPECT_EQ(settings.integer("count"), 5);
  }
}

TEST(Settings, SayTheBoundsThatAValueIsOutOf) {
  Settings settings = fresh();
  EXPECT_THAT(settings.set("wait", "P2D").error().detail(), HasSubstr("PT1S to P1D"));
  EXPECT_THAT(settings.set("room", "1 B").error().detail(), HasSubstr("from 1 MB"));
  EXPECT_THAT(settings.set("level", "loud").error().detail(), HasSubstr("debug info error"));
}

TEST(Settings, RefuseATextOverItsLimit) {
  Settings settings = fresh();
  EXPECT_TRUE(settings.set("name", std::string(4096, 'x')).has_value());
  EXPECT_FALSE(settings.set("name", std::string(4097, 'x')).has_value());
}

TEST(SettingsDeathTest, StopAProgramThatAsksForWhatIsNotDeclared) {
  const Settings settings = fresh();
  EXPECT_DEATH((void)settings.integer("cuont"), "broken invariant");
  EXPECT_DEATH((void)settings.text("count"), "broken invariant");
  EXPECT_DEATH((void)settings.is_set("nothing"), "broken invariant");
}

TEST(SettingsDeathTest, StopAProgramThatDeclaresWrongly) {
  static constexpr Setting kBadDefault[] = {
      {"n", SettingType::Integer, "x", "", "", "", "", "A number."}};
  EXPECT_DEATH(Settings{kBadDefault}, "broken invariant");
  EXPECT_DEATH((Settings{kTable, kTable}), "broken invariant");
}

TEST(SettingsTables, HaveValidDefaultsAndASentenceEach) {
  for (SettingTable table : {site_settings(), host_settings(), client_settings()}) {
    const Settings settings{table};
    for (const Setting& each : table) {
      EXPECT_FALSE(settings.is_set(each.name));
      EXPECT_TRUE(each.sentence.ends_with('.')) << each.name;
    }
  }
  EXPECT_EQ(Settings{client_settings()}.size_bytes("cache.size_limit"), 5'000'000'000u);
  EXPECT_EQ(Settings{site_settings()}.duration("heartbeat.interval"), std::chrono::hours(7 * 24));
}

TEST(SettingsMarkdown, HasALineForEachSetting) {
  const std::string page = settings_markdown("Site", kTable);
  EXPECT_THAT(page, testing::StartsWith("## Site\n\n| name |"));
  EXPECT_THAT(page, HasSubstr("| `count` | integer | 5 devices | -1 to 10 | A count. |\n"));
  EXPECT_THAT(page, HasSubstr("| `level` | text | info | debug, info, error | A level. |\n"));
  EXPECT_THAT(page, HasSubstr("| `folder` | path | none |  | A folder. |\n"));
}

TEST(Sizes, AreReadWithDecimalAndBinaryUnits) {
  EXPECT_EQ(parse_size("512").value(), 512u);
  EXPECT_EQ(parse_size("512 B").value(), 512u);
  EXPECT_EQ(parse_size("5GB").value(), 5'000'000'000u);
  EXPECT_EQ(parse_size("1 KiB").value(), 1024u);
  EXPECT_EQ(parse_size("2 TiB").value(), 2ull << 40);
  EXPECT_EQ(parse_size("18446744073709551615").value(), UINT64_MAX);
}

TEST(Sizes, RefuseEverythingElse) {
  for (const char* text :
       {"", "GB", "5 gb", "5  GB", "5 GB ", " 5", "-5", "+5", "5.5 GB", "5 XB",
        "18446744073709551616", "18446744073709551615 KB", "99999999 TiB", "5 "}) {
    const auto size = parse_size(text);
    EXPECT_FALSE(size.has_value()) << text;
  }
}

TEST(Sizes, ArePrintedWithTheLargestUnitThatDivides) {
  EXPECT_EQ(to_text_size(0), "0 B");
  EXPECT_EQ(to_text_size(1500), "1500 B");
  EXPECT_EQ(to_text_size(5'000'000'000), "5 GB");
  EXPECT_EQ(to_text_size(64u << 20), "64 MiB");
  for (std::uint64_t size : {1ull, 1024ull, 1000ull, 123'456'789ull, 1ull << 41, UINT64_MAX + 0ull})
    EXPECT_EQ(parse_size(to_text_size(size)).value(), size);
}

}  // namespace
}  // namespace muster
