#include "net/http_range.h"

#include <gtest/gtest.h>

namespace muster::net {
namespace {

std::string answer(std::initializer_list<HeaderField> fields, const std::string& method = "GET",
                   std::uint64_t size = 1000, std::string_view etag = "\"v1\"") {
  RequestHead head;
  head.method = method;
  head.headers = Headers(fields);
  const FileAnswer chosen = choose_file_answer(head, size, etag);
  return fmt::format("{} {}+{}", chosen.status, chosen.start, chosen.size);
}

TEST(FileAnswer, IsTheRangeThatWasAskedFor) {
  EXPECT_EQ(answer({}), "200 0+1000");
  EXPECT_EQ(answer({{"Range", "bytes=0-0"}}), "206 0+1");
  EXPECT_EQ(answer({{"Range", "bytes=10-19"}}), "206 10+10");
  EXPECT_EQ(answer({{"Range", "bytes=990-2000"}}), "206 990+10");
  EXPECT_EQ(answer({{"Range", "bytes=500-"}}), "206 500+500");
  EXPECT_EQ(answer({{"Range", "bytes=-1"}}), "206 999+1");
  EXPECT_EQ(answer({{"Range", "bytes=-5000"}}), "206 0+1000");
}

TEST(FileAnswer, SaysWhenARangeIsOutside) {
  EXPECT_EQ(answer({{"Range", "bytes=1000-"}}), "416 0+0");
  EXPECT_EQ(answer({{"Range", "bytes=-0"}}), "416 0+0");
  EXPECT_EQ(answer({{"Range", "bytes=0-"}}, "GET", 0), "416 0+0");
  EXPECT_EQ(answer({{"Range", "bytes=-1"}}, "GET", 0), "416 0+0");
}

TEST(FileAnswer, IsTheWholeFileForRangesThatItDoesNotKnow) {
  for (const char* range :
       {"bytes=1-2,5-6", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1-x", "bytes=1",
        "items=1-2", "bytes 1-2", "bytes=1-2-3", "bytes=99999999999999999999-"})
    EXPECT_EQ(answer({{"Range", range}}), "200 0+1000") << range;
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}, {"Range", "bytes=3-4"}}), "200 0+1000");
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}}, "HEAD"), "200 0+1000");
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}}, "POST"), "200 0+1000");
}

TEST(FileAnswer, GivesARangeOnlyOfTheVersionThatIfRangeNames) {
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}, {"If-Range", "\"v1\""}}), "206 1+2");
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}, {"If-Range", "\"v2\""}}), "200 0+1000");
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}, {"If-Range", "W/\"v1\""}}), "200 0+1000");
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}, {"If-Range", "Sun, 22 Nov 2026 17:38:58 GMT"}}),
            "200 0+1000");
  EXPECT_EQ(answer({{"Range", "bytes=1-2"}, {"If-Range", ""}}, "GET", 1000, ""), "200 0+1000");
}

TEST(FileAnswer, IsNotModifiedWhenTheClientHasIt) {
  for (const char* list : {"\"v1\"", "*", "\"v0\", \"v1\"", "W/\"v1\"", "\"a\",W/\"v1\",\"b\""}) {
    EXPECT_EQ(answer({{"If-None-Match", list}}), "304 0+0") << list;
    EXPECT_EQ(answer({{"If-None-Match", list}}, "HEAD"), "304 0+0") << list;
    EXPECT_EQ(answer({{"If-None-Match", list}}, "POST"), "200 0+1000") << list;
  }
  for (const char* list : {"\"v2\"", "v1", "\"v1", "", "\"xv1\""})
    EXPECT_EQ(answer({{"If-None-Match", list}}), "200 0+1000") << list;
  EXPECT_EQ(answer({{"If-None-Match", "\"v1\""}, {"Range", "bytes=0-1"}}), "304 0+0");
  EXPECT_EQ(answer({{"If-None-Match", "\"\""}}, "GET", 1000, ""), "200 0+1000");
}

}  // namespace
}  // namespace muster::net
