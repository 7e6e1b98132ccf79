// Versions of the rpm scheme against rpm itself.
#include <gtest/gtest.h>
#include <stdio.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "model/version.h"
#include "tests/seed.h"

namespace muster::model {
namespace {

// What rpm's own documentation and history find hard, and pieces to make more of it.
constexpr const char* kVersions[] = {
    "1.0",    "1.0~rc1", "1.0~rc1^git1", "1.0^git1",  "1.0^git1~pre", "2.0.1a",   "2.0.1",
    "5.5p10", "xyz10",   "xyz.4",        "4.999.9",   "1b.fc17",      "1g.fc17",  "0:1.0",
    "1:0.1",  "1:1.0-1", "1.0-1",        "1.0-1.el9", "1.0-10.el9",   "20101121", "1.0010",
    "1.9",    "1.05",    "1.5",          "2_0",       "2.0",          "1.0~",     "1.0^",
    "1.0^~",  "1.0a",    "3.0.0_fc",     "3.0.0.fc",  "10:1",         "9:2-1~x",  "1.0-1^2"};

std::string random_version(std::mt19937_64& random) {
  constexpr const char* kParts[] = {"0", "1", "01", "9", "10", "123456789012345678901234",
                                    "a", "b", "rc", "Z", ".",  ".",
                                    "~", "^", "_",  "+", "~~", "^^",
                                    "."};
  std::string out;
  if (random() % 4 == 0) out = std::to_string(random() % 3) + ":";
  const std::size_t length = 1 + random() % 6;
  out += std::to_string(random() % 3);
  for (std::size_t i = 0; i < length; ++i) out += kParts[random() % std::size(kParts)];
  if (random() % 2 == 0)
    out += "-" + std::to_string(random() % 4) + (random() % 2 == 0 ? "" : ".el9");
  return out;
}

TEST(RpmVersions, CompareAsRpmDoes) {
  if (::access("/usr/bin/rpm", X_OK) != 0) GTEST_SKIP() << "no rpm here";
  const std::uint64_t seed = test_seed();
  std::mt19937_64 random(seed);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const char* a : kVersions)
    for (const char* b : kVersions) pairs.emplace_back(a, b);
  const bool is_long = std::getenv("MUSTER_LONG") != nullptr;
  for (int i = 0; i < (is_long ? 200'000 : 5'000); ++i)
    pairs.emplace_back(random_version(random), random_version(random));

  const std::string script = testing::TempDir() + "rpm-versions-" + std::to_string(::getpid());
  std::ofstream out(script);
  for (const auto& [a, b] : pairs) out << a << ' ' << b << '\n';
  out.close();
  const std::string command =
      "rpm --eval '%{lua: for line in io.lines(\"" + script +
      "\") do local a, b = line:match(\"(%S+) (%S+)\") print(rpm.vercmp(a, b) .. \"\\n\") end}'";
  FILE* const answers = ::popen(command.c_str(), "r");
  ASSERT_NE(answers, nullptr);
  std::size_t wrong = 0;
  for (const auto& [a, b] : pairs) {
    int expected = 9;
    ASSERT_EQ(::fscanf(answers, "%d", &expected), 1) << a << " " << b;
    if (compare_versions(VersionScheme::Rpm, a, b) != expected && ++wrong < 20)
      ADD_FAILURE() << a << " and " << b << ": rpm says " << expected << ", seed " << seed;
    // The key is the same order in bytes.
    const Bytes one = version_key(VersionScheme::Rpm, a);
    const Bytes two = version_key(VersionScheme::Rpm, b);
    const int keys = (one > two) - (one < two);
    if (keys != expected && ++wrong < 20)
      ADD_FAILURE() << "keys of " << a << " and " << b << ": rpm says " << expected;
  }
  ::pclose(answers);
  ::unlink(script.c_str());
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace muster::model
