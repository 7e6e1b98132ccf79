#include "model/boundary.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "model/errors.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

// What the system's own reader makes of the text; the judge of ours.
std::optional<Bytes> by_system(const std::string& text) {
  unsigned char bytes[16];
  const auto as_bytes = [&](std::size_t size) {
    return Bytes(reinterpret_cast<const char*>(bytes), size);
  };
  if (::inet_pton(AF_INET, text.c_str(), bytes) == 1) return as_bytes(4);
  if (::inet_pton(AF_INET6, text.c_str(), bytes) != 1) return std::nullopt;
  const Bytes mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  return as_bytes(16).starts_with(mapped) ? as_bytes(16).substr(12) : as_bytes(16);
}

TEST(IpAddress, ReadsWhatTheSystemReads) {
  for (const std::string text : {"0.0.0.0",
                                 "255.255.255.255",
                                 "10.1.0.5",
                                 "::",
                                 "::1",
                                 "1::",
                                 "2001:db8::5",
                                 "1:2:3:4:5:6:7:8",
                                 "1:2:3:4:5:6:7::",
                                 "::2:3:4:5:6:7:8",
                                 "::ffff:10.1.0.5",
                                 "64:ff9b::1.2.3.4",
                                 "1:2:3:4:5:6:1.2.3.4",
                                 "ABCD::ef01",
                                 "",
                                 "1",
                                 "1.2.3",
                                 "1.2.3.4.5",
                                 "1.2.3.256",
                                 "01.2.3.4",
                                 "1.2.3.4 ",
                                 ":",
                                 ":::",
                                 "1:2:3:4:5:6:7",
                                 "1:2:3:4:5:6:7:8:9",
                                 "1::2::3",
                                 "12345::",
                                 "g::",
                                 "1:2:3:4:5:6:7:8::",
                                 "::1:2:3:4:5:6:7:8",
                                 "1.2.3.4::",
                                 "::1.2.3",
                                 "1:",
                                 ":1",
                                 "fe80::1%eth0",
                                 "1:2:3:4:5:6:7:1.2.3.4",
                                 "+1.2.3.4",
                                 "-1::",
                                 "0x1.2.3.4",
                                 "1::0x2"}) {
    const auto ours = IpAddress::parse(text);
    const auto theirs = by_system(text);
    ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
    if (!ours) continue;
    EXPECT_EQ(ours->bytes(), *theirs) << text;
  }
}

TEST(IpAddress, ReadsAndWritesRandomTextsAsTheSystemDoes) {
  SeededRandom random(20261123);
  constexpr std::string_view kLetters = "0123456789abcf:::...";
  for (int i = 0; i < 200'000; ++i) {
    std::string text;
    for (auto left = random.below(20); left > 0; --left)
      text += kLetters[random.below(kLetters.size())];
    const auto ours = IpAddress::parse(text);
    const auto theirs = by_system(text);
    ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
    if (!ours) continue;
    ASSERT_EQ(ours->bytes(), *theirs) << text;
    ASSERT_EQ(by_system(ours->text()), *theirs) << text;
  }
}

Boundary made(std::string name, BoundaryForm form, std::string_view text) {
  auto boundary = make_boundary(std::move(name), form, text);
  EXPECT_TRUE(boundary) << text;
  return *boundary;
}
IpAddress address(std::string_view text) { return *IpAddress::parse(text); }

TEST(Boundary, HoldsItsEdgesAndNothingBeside) {
  const auto site = *SiteCode::parse("P01");
  const BoundaryMap map({{made("six", BoundaryForm::Ipv6Prefix, "2001:db8::/48"), site},
                         {made("range", BoundaryForm::Range, "10.2.0.5-10.2.0.99"), site},
                         {made("net", BoundaryForm::Subnet, "10.1.0.0/16"), site},
                         {made("odd", BoundaryForm::Subnet, "10.3.0.64/27"), site}});
  const std::pair<const char*, const char*> cases[] = {
      {"10.0.255.255", ""},
      {"10.1.0.0", "net"},
      {"10.1.255.255", "net"},
      {"10.2.0.0", ""},
      {"10.2.0.4", ""},
      {"10.2.0.5", "range"},
      {"10.2.0.99", "range"},
      {"10.2.0.100", ""},
      {"10.3.0.63", ""},
      {"10.3.0.64", "odd"},
      {"10.3.0.95", "odd"},
      {"10.3.0.96", ""},
      {"2001:db8::", "six"},
      {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", ""},
      {"2001:db8:0:ffff:ffff:ffff:ffff:ffff", "six"},
      {"2001:db8:1::", ""},
      {"::", ""}};
  for (const auto& [text, name] : cases) {
    const auto* found = map.find(address(text));
    EXPECT_EQ(found ? found->boundary.name : "", name) << text;
  }
  EXPECT_EQ(BoundaryMap().find(address("10.1.0.1")), nullptr);
}

TEST(Boundary, OverlapIsSeenFromBothSides) {
  const auto net = made("a", BoundaryForm::Subnet, "10.1.0.0/16");
  for (const auto& [text, expected] :
       {std::pair("10.1.255.255-10.2.0.0", true), std::pair("10.0.0.0-10.1.0.0", true),
        std::pair("10.0.0.0-10.3.0.0", true), std::pair("10.1.2.3-10.1.2.3", true),
        std::pair("10.0.0.0-10.0.255.255", false), std::pair("10.2.0.0-10.3.0.0", false),
        std::pair("::-ffff::", false)}) {
    const auto range = made("b", BoundaryForm::Range, text);
    EXPECT_EQ(overlap(net, range), expected) << text;
    EXPECT_EQ(overlap(range, net), expected) << text;
  }
}

TEST(Boundary, WritesItsAreaAsItWasRead) {
  for (const char* text : {"0.0.0.0/0", "10.1.0.0/16", "10.1.2.3/32", "10.1.0.0/31"})
    EXPECT_EQ(made("a", BoundaryForm::Subnet, text).area(), text);
  for (const char* text : {"::/0", "2001:db8::/48", "2001:db8::1/128"})
    EXPECT_EQ(made("a", BoundaryForm::Ipv6Prefix, text).area(), text);
  EXPECT_EQ(made("a", BoundaryForm::Range, "10.0.0.0-10.0.0.255").area(), "10.0.0.0-10.0.0.255");
}

TEST(Boundary, RefusesWhatIsNoArea) {
  for (const char* text : {"10.1.0.1/16", "10.1.0.0/33", "10.1.0.0/", "10.1.0.0", "2001:db8::/48",
                           "10.1.0.0/-1", "10.1.0.0/16/", "10.1.0.0/ 16"})
    EXPECT_FALSE(make_boundary("a", BoundaryForm::Subnet, text)) << text;
  for (const char* text : {"10.1.0.0/16", "2001:db8::1/48", "2001:db8::/129"})
    EXPECT_FALSE(make_boundary("a", BoundaryForm::Ipv6Prefix, text)) << text;
  for (const char* text : {"10.0.0.2-10.0.0.1", "10.0.0.1-::1", "10.0.0.1", "-", "10.0.0.1-"})
    EXPECT_FALSE(make_boundary("a", BoundaryForm::Range, text)) << text;
}

}  // namespace
}  // namespace muster::model
