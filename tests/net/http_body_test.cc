#include "net/http_body.h"

#include <gtest/gtest.h>

namespace muster::net {
namespace {

struct Decoded {
  BodyDecoder::State state;
  std::string body;
  std::string rest;
  int status;
};

// Feeds `step` bytes at a time.
Decoded decode(const std::string& input, BodyFraming framing, std::size_t step,
               std::uint64_t limit = 1000) {
  BodyDecoder decoder(framing, limit, 16);
  Decoded decoded{};
  std::size_t used = 0;
  while (used < input.size() && decoder.state() == BodyDecoder::State::More) {
    ByteView view = ByteView(input).substr(used, step);
    const std::size_t before = view.size();
    while (!view.empty() && decoder.state() == BodyDecoder::State::More)
      decoded.body += decoder.next(view);
    used += before - view.size();
  }
  decoded.state = decoder.state();
  decoded.rest = input.substr(used);
  decoded.status = decoder.refusal().status;
  return decoded;
}

constexpr BodyFraming kChunked{BodyKind::Chunked, 0};
using State = BodyDecoder::State;

TEST(Body, OfALengthEndsThere) {
  for (std::size_t step : {1u, 3u, 100u}) {
    const Decoded decoded = decode("hello, next", {BodyKind::Length, 5}, step);
    EXPECT_EQ(decoded.state, State::Done);
    EXPECT_EQ(decoded.body, "hello");
    EXPECT_EQ(decoded.rest, ", next");
  }
  EXPECT_EQ(BodyDecoder({BodyKind::Length, 1001}, 1000, 16).state(), State::Refused);
  EXPECT_EQ(BodyDecoder({BodyKind::Length, 1000}, 1000, 16).state(), State::More);
  EXPECT_EQ(BodyDecoder({BodyKind::None, 0}, 0, 16).state(), State::Done);
}

TEST(Body, InChunksIsPutTogether) {
  const std::string input =
      "5\r\nhello\r\n0A;x=\"y\"\r\n, chunked \r\n2\r\n\r\n\r\n0\r\nTrailer: x\r\n\r\nGET";
  for (std::size_t step : {1u, 2u, 7u, 1000u}) {
    const Decoded decoded = decode(input, kChunked, step);
    EXPECT_EQ(decoded.state, State::Done);
    EXPECT_EQ(decoded.body, "hello, chunked \r\n");
    EXPECT_EQ(decoded.rest, "GET");
  }
}

TEST(Body, InChunksIsUnfinishedAtEveryEarlierByte) {
  const std::string input = "3\r\nabc\r\n1;e\r\nd\r\n0\r\nT: v\r\n\r\n";
  for (std::size_t size = 0; size < input.size(); ++size)
    EXPECT_EQ(decode(input.substr(0, size), kChunked, 4).state, State::More) << size;
  EXPECT_EQ(decode(input, kChunked, 4).state, State::Done);
}

TEST(Body, RefusesMalformedChunks) {
  for (const char* input : {"\r\n",
                            "g\r\n",
                            "-1\r\n",
                            "+1\r\n",
                            " 1\r\n",
                            "1 \r\n",
                            "0x1\r\n",
                            "1\n",
                            "1\r\r\n",
                            "1\r\nab",
                            "1\r\na\n",
                            "1\r\na\rb",
                            "ffffffffffffffff\r\n",
                            "1;\x01\r\n",
                            "1;\n\r\n",
                            "0\r\n\n",
                            "0\r\nA: b\n",
                            "0\r\n\rx",
                            ";a\r\n",
                            "1;aaaaaaaaaaaaaaaaaaaaaaaa\r\n"}) {
    const Decoded decoded = decode(input, kChunked, 1);
    EXPECT_EQ(decoded.state, State::Refused) << input;
    EXPECT_EQ(decoded.status, 400) << input;
  }
  EXPECT_EQ(decode("0\r\nA: " + std::string(5000, 'a'), kChunked, 100).status, 431);
}

TEST(Body, InChunksHasALimitThatIsSeenBeforeTheBytes) {
  EXPECT_EQ(decode("8\r\n", kChunked, 1, 7).status, 413);
  EXPECT_EQ(decode("7\r\n1234567\r\n0\r\n\r\n", kChunked, 1, 7).state, State::Done);
  EXPECT_EQ(decode("7\r\n1234567\r\n1\r\n", kChunked, 1, 7).status, 413);
}

TEST(Body, UntilTheConnectionEndsHasALimitToo) {
  BodyDecoder decoder({BodyKind::UntilClose, 0}, 4, 0);
  ByteView input = "abcd";
  EXPECT_EQ(decoder.next(input), "abcd");
  EXPECT_TRUE(decoder.ends_with_connection());
  input = "e";
  decoder.next(input);
  EXPECT_EQ(decoder.state(), State::Refused);
}

}  // namespace
}  // namespace muster::net
