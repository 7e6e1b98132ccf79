#include "model/version.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <set>
#include <vector>

#include "base/random.h"

namespace muster::model {
namespace {

int sign(int value) { return (value > 0) - (value < 0); }

// Both ways round, and by key.
void expect_order(VersionScheme scheme, const std::string& a, const std::string& b, int wanted) {
  EXPECT_EQ(sign(compare_versions(scheme, a, b)), wanted) << a << " : " << b;
  EXPECT_EQ(sign(compare_versions(scheme, b, a)), -wanted) << b << " : " << a;
  EXPECT_EQ(sign(version_key(scheme, a).compare(version_key(scheme, b))), wanted)
      << "keys of " << a << " : " << b;
}

std::vector<std::string> lines_of(const std::string& command) {
  std::vector<std::string> out;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) return out;
  char line[1024];
  while (fgets(line, sizeof line, pipe.get()) != nullptr) {
    out.emplace_back(line);
    if (out.back().ends_with('\n')) out.back().pop_back();
  }
  return out;
}

// What dpkg takes without a warning.
bool is_debian_version(std::string_view text) {
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (colon == 0 || colon > 4) return false;
    if (text.substr(0, colon).find_first_not_of("0123456789") != std::string_view::npos)
      return false;
    text.remove_prefix(colon + 1);
  }
  if (text.empty() || text[0] < '0' || text[0] > '9' || text.back() == '-') return false;
  return text.find_first_not_of(
             "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+~-") ==
         std::string_view::npos;
}

std::string mutated(std::string text, Random& random) {
  constexpr std::string_view kPieces[] = {"~", "+", ".", "-",  "0",   "00",
                                          "a", "Z", "9", "10", "rc1", "-0"};
  for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
    const std::size_t at = random.below(text.size() + 1);
    switch (random.below(3)) {
      case 0:
        text.insert(at, kPieces[random.below(std::size(kPieces))]);
        break;
      case 1:
        text.erase(std::min(at, text.size()), 1);
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(DpkgVersions, AreOrderedAsDpkgOrdersThem) {
  const std::uint64_t seed = 20'260'131;
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  const std::vector<std::string> real = lines_of("dpkg-query -W -f '${Version}\\n' 2>/dev/null");
  if (real.empty()) GTEST_SKIP() << "dpkg is not here";
  std::vector<std::pair<std::string, std::string>> pairs;
  while (pairs.size() < 400) {
    const std::string& a = real[random.below(real.size())];
    const std::string b =
        random.below(4) == 0 ? real[random.below(real.size())] : mutated(a, random);
    if (is_debian_version(a) && is_debian_version(b)) pairs.emplace_back(a, b);
  }
  std::string script =
      "while read a b; do dpkg --compare-versions $a lt $b && echo -1 && continue;";
  script += "dpkg --compare-versions $a eq $b && echo 0 || echo 1; done <<'PAIRS'\n";
  for (const auto& [a, b] : pairs) script += a + " " + b + "\n";
  const std::vector<std::string> answers = lines_of(script + "PAIRS\n");
  ASSERT_EQ(answers.size(), pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i)
    expect_order(VersionScheme::Dpkg, pairs[i].first, pairs[i].second, std::stoi(answers[i]));
  EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 3u);
}

TEST(DpkgVersions, FollowThePolicyAtItsCorners) {
  const auto expect = [](const char* a, const char* b, int wanted) {
    expect_order(VersionScheme::Dpkg, a, b, wanted);
  };
  expect("1.0", "1.0-0", 0);
  expect("1.0", "0:1.0", 0);
  expect("1.0~rc1", "1.0", -1);
  expect("1.0~~", "1.0~~a", -1);
  expect("1.0~~a", "1.0~", -1);
  expect("1.0a", "1.0+", -1);
  expect("1.2", "1.10", -1);
  expect("3.0.9-1", "3.0.11-1", -1);
  expect("1.0-1", "1.0-1+b1", -1);
  expect("1.001", "1.1", 0);
  expect("1.", "1.0", 0);
  expect("1:0", "2", 1);
  expect("1-2-3", "1-2-4", -1);
  expect("", "0", 0);
  expect("99999999999999999999999999", "100000000000000000000000000", -1);
}

// The cases of rpm's own test suite (tests/rpmvercmp.at).
TEST(RpmVersions, AreOrderedAsRpmOrdersThem) {
  struct Case {
    const char* a;
    const char* b;
    int wanted;
  };
  constexpr Case kCases[] = {
      {"1.0", "1.0", 0},
      {"1.0", "2.0", -1},
      {"2.0.1", "2.0.1", 0},
      {"2.0", "2.0.1", -1},
      {"2.0.1a", "2.0.1a", 0},
      {"2.0.1a", "2.0.1", 1},
      {"5.5p1", "5.5p2", -1},
      {"5.5p10", "5.5p10", 0},
      {"5.5p1", "5.5p10", -1},
      {"10xyz", "10.1xyz", -1},
      {"xyz10", "xyz10", 0},
      {"xyz10", "xyz10.1", -1},
      {"xyz.4", "xyz.4", 0},
      {"xyz.4", "8", -1},
      {"xyz.4", "2", -1},
      {"5.5p2", "5.6p1", -1},
      {"5.6p1", "6.5p1", -1},
      {"6.0.rc1", "6.0", 1},
      {"10b2", "10a1", 1},
      {"10a2", "10b2", -1},
      {"1.0aa", "1.0aa", 0},
      {"1.0a", "1.0aa", -1},
      {"10.0001", "10.0001", 0},
      {"10.0001", "10.1", 0},
      {"10.0001", "10.0039", -1},
      {"4.999.9", "5.0", -1},
      {"20101121", "20101122", -1},
      {"2_0", "2_0", 0},
      {"2.0", "2_0", 0},
      {"a", "a", 0},
      {"a+", "a+", 0},
      {"a+", "a_", 0},
      {"+a", "_a", 0},
      {"+_", "_+", 0},
      {"+", "_", 0},
      {"1.0~rc1", "1.0~rc1", 0},
      {"1.0~rc1", "1.0", -1},
      {"1.0~rc1", "1.0~rc2", -1},
      {"1.0~rc1~git123", "1.0~rc1", -1},
      {"1.0^", "1.0^", 0},
      {"1.0^", "1.0", 1},
      {"1.0^git1", "1.0^git1", 0},
      {"1.0^git1", "1.0", 1},
      {"1.0^git1", "1.0^git2", -1},
      {"1.0^git1", "1.01", -1},
      {"1.0^20160101", "1.0^20160101", 0},
      {"1.0^20160101", "1.0.1", -1},
      {"1.0^20160101^git1", "1.0^20160101^git1", 0},
      {"1.0^20160102", "1.0^20160101^git1", 1},
      {"1.0~rc1^git1", "1.0~rc1", 1},
      {"1.0^git1~pre", "1.0^git1", -1},
      {"1b.fc17", "1b.fc17", 0},
      {"1b.fc17", "1.fc17", -1},
      {"1g.fc17", "1.fc17", 1},
  };
  for (const Case& each : kCases) expect_order(VersionScheme::Rpm, each.a, each.b, each.wanted);
}

TEST(RpmVersions, CompareEpochThenVersionThenRelease) {
  expect_order(VersionScheme::Rpm, "1:1.0-1", "2.0-1", 1);
  expect_order(VersionScheme::Rpm, "1.0-2.el9", "1.0-10.el9", -1);
  expect_order(VersionScheme::Rpm, "0:1.0-1", "1.0-1", 0);
  expect_order(VersionScheme::Rpm, "1.0", "1.0-1", -1);
}

TEST(DottedVersions, CompareNumbersBetweenDots) {
  const auto expect = [](const char* a, const char* b, int wanted) {
    expect_order(VersionScheme::Dotted, a, b, wanted);
  };
  expect("9.3", "10", -1);
  expect("1.2", "1.2.0", 0);
  expect("1.2", "1.2.0.1", -1);
  expect("22.04", "22.4", 0);
  expect("10.0.19045.1", "10.0.19045.12", -1);
  expect("1.2a", "1.2", 1);
  expect("1.2a", "1.2b", -1);
  expect("rolling", "1", -1);
  expect("", "0", 0);
  expect("1.2rc", "1.3", -1);
}

TEST(VersionKeys, AgreeWithTheComparisonOnAnyBytes) {
  const std::uint64_t seed = 42;
  SCOPED_TRACE(seed);
  SeededRandom random(seed);
  constexpr std::string_view kAlphabet = "0011299aAzZ~~^..:-+_\xc3\x01\x02\x7f";
  const auto any = [&] {
    std::string out;
    for (std::uint64_t size = random.below(8); size > 0; --size)
      out += random.below(40) == 0 ? '\0' : kAlphabet[random.below(kAlphabet.size())];
    return out;
  };
  for (int i = 0; i < 200'000; ++i) {
    const std::string a = any();
    const std::string b = any();
    for (const auto scheme : {VersionScheme::Dpkg, VersionScheme::Rpm, VersionScheme::Dotted}) {
      const int order = compare_versions(scheme, a, b);
      const int keys = version_key(scheme, a).compare(version_key(scheme, b));
      ASSERT_EQ(sign(order), sign(keys)) << to_text(scheme) << " '" << a << "' '" << b << "'";
      ASSERT_EQ(sign(order), -sign(compare_versions(scheme, b, a)));
    }
  }
}

TEST(VersionKeys, HoldForNumbersOfHundredsOfDigits) {
  for (const auto scheme : {VersionScheme::Dpkg, VersionScheme::Rpm, VersionScheme::Dotted})
    for (const std::size_t size : {254, 255, 256, 510, 511}) {
      expect_order(scheme, std::string(size, '1'), std::string(size - 1, '9'), 1);
      expect_order(scheme, "1." + std::string(size, '1'), "1." + std::string(size, '2'), -1);
    }
}

TEST(VersionSchemes, HaveNames) {
  for (const auto scheme : {VersionScheme::Dpkg, VersionScheme::Rpm, VersionScheme::Dotted})
    EXPECT_EQ(parse_version_scheme(to_text(scheme)), scheme);
  EXPECT_FALSE(parse_version_scheme("deb"));
  EXPECT_FALSE(parse_version_scheme(""));
}

}  // namespace
}  // namespace muster::model
