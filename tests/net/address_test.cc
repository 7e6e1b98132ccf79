#include "net/address.h"

#include <gtest/gtest.h>

#include "net/errors.h"

namespace muster::net {
namespace {

TEST(Url, IsTakenApart) {
  const Url url = parse_url("https://Host.example:8443/a/b?c=d#e").value();
  EXPECT_TRUE(url.tls);
  EXPECT_EQ(url.host, "Host.example");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.target, "/a/b?c=d");
  EXPECT_EQ(url.authority(), "Host.example:8443");
  EXPECT_EQ(parse_url("http://h").value().target, "/");
  EXPECT_EQ(parse_url("http://h?x").value().target, "/?x");
  EXPECT_EQ(parse_url("http://h:80/").value().authority(), "h");
  EXPECT_EQ(parse_url("https://h").value().host_and_port(), "h:443");
  EXPECT_EQ(parse_url("http://[::1]:81/x").value().authority(), "[::1]:81");
  EXPECT_EQ(parse_url("http://[::1]").value().authority(), "[::1]");
}

TEST(Url, IsRefusedWhenMalformed) {
  for (const char* text : {"", "h", "ftp://h/", "HTTP://h/", "http://", "http:///x", "http://h:/",
                           "http://h:0/", "http://h:65536/", "http://h:8x/", "http://user@h/",
                           "http://h h/", "http://h/a b", "http://h/\r\nX: y", "http://[::1",
                           "http://[::1]x/", "http://[h]/", "http://::1/", "http://h/\xc3\xa4"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_TRUE(url.error().is(kBadUrl));
  }
}

TEST(Address, ReadsBackAsItWasWritten) {
  EXPECT_EQ(parse_address("127.0.0.1", 80).value().text(), "127.0.0.1");
  EXPECT_EQ(parse_address("::1", 443).value().text(), "::1");
  EXPECT_EQ(parse_address("::ffff:10.0.0.1", 1).value().text(), "10.0.0.1");
  EXPECT_EQ(parse_address("::1", 443).value().port(), 443);
  EXPECT_FALSE(parse_address("localhost", 80));
  EXPECT_FALSE(parse_address("127.0.0.1:80", 80));
}

TEST(Resolve, TakesNumbersAndNamesAndGivesUpInTime) {
  EXPECT_EQ(resolve("127.0.0.1", 80, Duration(0)).value().size(), 1u);
  EXPECT_FALSE(resolve("localhost", 80, std::chrono::seconds(10)).value().empty());
  const auto late = resolve("name.invalid", 80, Duration(0));
  ASSERT_FALSE(late);
}

}  // namespace
}  // namespace muster::net
