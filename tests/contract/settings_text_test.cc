#include "contract/settings_text.h"

#include <gtest/gtest.h>

#include "contract/site_config.h"

namespace muster::contract {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

const std::string kHead =
    "# Kept by hand.\n"
    "site: P01\nname: srv\nstate: /var/lib/muster\nsigner: /run/s.sock\nprofile: standard\n"
    "address: 192.0.2.1\nhosts: [srv.example]\nroles: [primary site server]\n";
const Settings kDatabase = {{"database.url", "postgresql://a@b/c"}, {"database.ca_file", "/d"}};

std::string edited(const std::string& text) {
  return with_settings(text, "f", kDatabase).value().value_or("not by lines");
}

TEST(WithSettings, LeavesAllOtherLinesAsTheyAre) {
  EXPECT_EQ(
      edited(kHead +
             "settings:  # ours\n    # often\n    policy.poll_interval: PT5M\n\ntrial: false\n"),
      kHead +
          "settings:  # ours\n    database.url: \"postgresql://a@b/c\"\n"
          "    database.ca_file: \"/d\"\n    # often\n    policy.poll_interval: PT5M\n\ntrial: "
          "false\n");
}

TEST(WithSettings, TakesThePlaceOfThoseOfTheSameName) {
  EXPECT_EQ(
      edited(kHead + "settings:\n  database.url: old\n  splay: PT0S\n  database.ca_file: /e\n"),
      kHead +
          "settings:\n  database.url: \"postgresql://a@b/c\"\n  database.ca_file: \"/d\"\n"
          "  splay: PT0S\n");
}

TEST(WithSettings, MakesTheHeadingWhereThereIsNone) {
  const std::string lines =
      "settings:\n  database.url: \"postgresql://a@b/c\"\n  database.ca_file: \"/d\"\n";
  EXPECT_EQ(edited(kHead), kHead + lines);
  EXPECT_EQ(edited(kHead.substr(0, kHead.size() - 1)), kHead + lines);
}

TEST(WithSettings, ChangesNothingThatItDoesNotUnderstand) {
  EXPECT_EQ(edited(kHead + "settings: {splay: PT0S}\n"), "not by lines");
  EXPECT_EQ(edited(kHead + "settings:\n  \"database.url\": old\n"), "not by lines");
  EXPECT_FALSE(with_settings(kHead, "f", {{"log.file", "/a\"\nb"}}).value().has_value());
  EXPECT_FALSE(with_settings("site: [", "f", kDatabase).has_value());
}

TEST(WithSettings, IsReadAsItIsMeant) {
  const auto config = decode_site_config(edited(kHead), "f");
  ASSERT_TRUE(config.has_value()) << config.error().text();
  EXPECT_EQ(config->settings, kDatabase);
  EXPECT_EQ(config->name, "srv");
}

}  // namespace
}  // namespace muster::contract
