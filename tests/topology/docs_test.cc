// The generated pages are those that the code makes now. `tools/check --regenerate` runs these
// tests with MUSTER_REGENERATE=1, which writes the pages instead of comparing them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/os/file.h"
#include "base/settings_tables.h"
#include "topology/render.h"

namespace muster::topology {
namespace {

const std::filesystem::path kTop = MUSTER_SOURCE_DIR;

bool regenerate() { return std::getenv("MUSTER_REGENERATE") != nullptr; }

std::vector<BuiltLeg> built() {
  const auto csv = os::read_file(kTop / "tests/connections/built.csv");
  EXPECT_TRUE(csv.has_value());
  auto parsed = parse_built(csv.value_or(""));
  EXPECT_TRUE(parsed.has_value()) << parsed.error().text_with_advice();
  return *std::move(parsed);
}

void expect_page(const char* name, const std::string& wanted) {
  if (regenerate()) {
    ASSERT_TRUE(os::replace_file(kTop / name, wanted, os::FileMode::Public).has_value());
    return;
  }
  const auto page = os::read_file(kTop / name);
  ASSERT_TRUE(page.has_value()) << name << " is missing; run tools/check --regenerate";
  EXPECT_TRUE(*page == wanted) << name << " is stale; run tools/check --regenerate";
}

std::string settings_page() {
  std::string out =
      "<!-- Generated from the settings' declarations; run tools/check --regenerate. -->\n"
      "# Settings\n\nDurations are written as PT10M or P7D, sizes as 5 GB or 64 MiB, booleans as "
      "true or false.\n\n";
  const auto section = [&](std::string_view heading, SettingTable table) {
    out += settings_markdown(heading, table);
    out += '\n';
  };
  section("Site", site_settings());
  section("Ports of a site", port_setting_table());
  section("Host of site roles (musterd)", host_settings());
  section("Client (muster-client)", client_settings());
  out.pop_back();
  return out;
}

TEST(GeneratedDocs, TheConnectionsPageIsFresh) {
  expect_page("docs/connections.md", connections_markdown(built()));
}

TEST(GeneratedDocs, TheSettingsPageIsFresh) { expect_page("docs/settings.md", settings_page()); }

TEST(GeneratedDocs, TheReadmesTableIsFreshWhereItStands) {
  constexpr std::string_view kBegin = "<!-- connections: generated -->\n";
  constexpr std::string_view kEnd = "<!-- connections: end -->\n";
  const auto readme = os::read_file(kTop / "README.md");
  if (!readme || readme->find(kBegin) == std::string::npos) GTEST_SKIP() << "no table in README.md";
  const std::size_t begin = readme->find(kBegin) + kBegin.size();
  const std::size_t end = readme->find(kEnd, begin);
  ASSERT_NE(end, std::string::npos) << "README.md: the table's end mark is missing";
  expect_page("README.md", readme->substr(0, begin) + readme_table(built()) + readme->substr(end));
}

TEST(GeneratedDocs, EverySettingOfASiteHasAValidDefaultAndOneName) {
  const Settings site{site_settings(), port_setting_table()};
  EXPECT_EQ(site.duration("policy.poll_interval"), std::chrono::hours(1));
  EXPECT_EQ(site.integer("ports.https"), 443);
  EXPECT_TRUE(PortSettings::from(site, site.text("rpc.port_range")).has_value());
}

}  // namespace
}  // namespace muster::topology
