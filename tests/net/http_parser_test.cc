#include "net/http_parser.h"

#include <gtest/gtest.h>

namespace muster::net {
namespace {

constexpr HeadLimits kLimits{16384, 20, 200};

struct Parsed {
  std::optional<Refusal> refusal;
  RequestHead head;
  ParsedRequest request;
};

Parsed parse(const std::string& text) {
  HeadScanner scanner;
  Parsed parsed;
  switch (scanner.scan(text, kLimits.head_bytes)) {
    case HeadScanner::State::Refused:
      parsed.refusal = scanner.refusal();
      return parsed;
    case HeadScanner::State::Incomplete:
      parsed.refusal = Refusal{0, "incomplete"};
      return parsed;
    case HeadScanner::State::Complete:
      break;
  }
  parsed.refusal = parse_request_head(ByteView(text).substr(0, scanner.head_size()), kLimits,
                                      parsed.head, parsed.request);
  return parsed;
}

int status_of(const std::string& text) {
  const Parsed parsed = parse(text);
  return parsed.refusal ? parsed.refusal->status : 200;
}

std::string with(const std::string& fields) {
  return "POST /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

TEST(RequestHead, IsTakenApart) {
  const Parsed parsed = parse(
      "POST /a%20b/%C3%A4?x=1%202&y HTTP/1.1\r\nHost: Example.org:80\r\nX-One:  two words \r\n"
      "Content-Length: 12\r\nEmpty:\r\nExpect: 100-Continue\r\n\r\nrest");
  ASSERT_FALSE(parsed.refusal);
  EXPECT_EQ(parsed.head.method, "POST");
  EXPECT_EQ(parsed.head.target, "/a%20b/%C3%A4?x=1%202&y");
  EXPECT_EQ(parsed.head.path, "/a b/ä");
  EXPECT_EQ(parsed.head.query, "x=1%202&y");
  EXPECT_EQ(parsed.head.headers.find("x-ONE"), "two words");
  EXPECT_EQ(parsed.head.headers.find("empty"), "");
  EXPECT_FALSE(parsed.head.headers.find("X-Two"));
  EXPECT_EQ(parsed.request.framing.kind, BodyKind::Length);
  EXPECT_EQ(parsed.request.framing.length, 12u);
  EXPECT_TRUE(parsed.request.keep_alive);
  EXPECT_TRUE(parsed.request.expects_continue);
}

TEST(RequestHead, TakesTheTargetFormsThatAServerMayGet) {
  EXPECT_EQ(parse("GET http://h/x?q HTTP/1.1\r\nHost: H\r\n\r\n").head.target, "/x?q");
  EXPECT_EQ(parse("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n").head.path, "/");
  EXPECT_EQ(parse("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n").head.target, "/?q");
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").head.path, "*");
  EXPECT_EQ(parse("GET /..a/b../... HTTP/1.1\r\nHost: h\r\n\r\n").head.path, "/..a/b../...");
}

TEST(RequestHead, RefusesEveryFormOfSmuggling) {
  EXPECT_EQ(status_of(with("Content-Length: 3\r\n")), 200);
  EXPECT_EQ(status_of(with("Transfer-Encoding: chunked\r\n")), 200);
  for (const char* fields : {
           "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
           "Content-Length: 3\r\nContent-Length: 3\r\n",
           "Content-Length: 3, 3\r\n",
           "Content-Length: +3\r\n",
           "Content-Length: -3\r\n",
           "Content-Length: 0x3\r\n",
           "Content-Length: 3 3\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked, chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked;a=b\r\n",
           "Transfer-Encoding: \x0b"
           "chunked\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Content-Length : 3\r\n",
           " Content-Length: 3\r\n",
           "X: a\r\n Content-Length: 3\r\n",
           "X: a\r\n\tb\r\n",
           "X: a\nContent-Length: 3\r\n",
           "X: a\rContent-Length: 3\r\n",
           "X: a\r\rb\r\n",
           "X\r\n",
           ": a\r\n",
           "X Y: a\r\n",
           "X(: a\r\n",
           "X\x80: a\r\n",
           "X: a\x7f\r\n",
           "X: a\x01\r\n",
           "Host: h\r\n",
       })
    EXPECT_EQ(status_of(with(fields)), 400) << fields;
  EXPECT_EQ(status_of(with(std::string("X: a\0b\r\n", 8))), 400);
  EXPECT_EQ(status_of(with(std::string("X\0: a\r\n", 7))), 400);
}

TEST(RequestHead, RefusesMalformedRequestLines) {
  for (const char* line : {
           "GET /",
           "GET  / HTTP/1.1",
           "GET / HTTP/1.1 ",
           " GET / HTTP/1.1",
           "GET /a b HTTP/1.1",
           "GET\t/ HTTP/1.1",
           "G@T / HTTP/1.1",
           "GET / http/1.1",
           "GET / HTTP/11",
           "GET / HTTP/1.1x",
           "GET a HTTP/1.1",
           "GET * HTTP/1.1",
           "GET /#f HTTP/1.1",
           "GET ftp://h/ HTTP/1.1",
           "GET http://other/ HTTP/1.1",
           "GET http:///x HTTP/1.1",
           "GET http://h@h/ HTTP/1.1",
           "CONNECT h:443 HTTP/1.1",
           "GET /\xc3\xa4 HTTP/1.1",
           "GET /\r HTTP/1.1",
           "GET /a%00 HTTP/1.1",
           "GET /% HTTP/1.1",
           "GET /%4 HTTP/1.1",
           "GET /%zz HTTP/1.1",
           "GET /.. HTTP/1.1",
           "GET /../ HTTP/1.1",
           "GET /a/../b HTTP/1.1",
           "GET /%2e%2e/b HTTP/1.1",
           "GET /a%2f..%2fb HTTP/1.1",
           "GET /a\\b HTTP/1.1",
           "GET /a%5cb HTTP/1.1",
           "GET /a%0ab HTTP/1.1",
           "GET /a%7f HTTP/1.1",
       })
    EXPECT_EQ(status_of(std::string(line) + "\r\nHost: h\r\n\r\n"), 400) << line;
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET / HTTP/1.2\r\nHost: h\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"), 414);
  EXPECT_EQ(status_of("GET / HTTP/1.1\nHost: h\n\n"), 400);
  EXPECT_EQ(status_of("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(status_of("\x16\x03\x01"), 400);
}

TEST(RequestHead, NeedsExactlyOneHostButInHttp10) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n").request.keep_alive);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_FALSE(parse(with("Connection: foo, Close\r\n")).request.keep_alive);
  EXPECT_EQ(status_of(with("Expect: 200-ok\r\n")), 417);
}

TEST(RequestHead, HasLimits) {
  std::string fields;
  for (int i = 0; i < 18; ++i) fields += "A: b\r\n";
  EXPECT_EQ(status_of(with(fields)), 200);
  EXPECT_EQ(status_of(with(fields + "A: b\r\nA: b\r\n")), 431);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nX: " + std::string(16384, 'a')), 431);
  EXPECT_EQ(status_of("GET /" + std::string(16384, 'a')), 414);
}

TEST(RequestHead, IsIncompleteAtEveryEarlierByteAndReadsEachByteOnce) {
  const std::string whole = with("Content-Length: 3\r\nX: y\r\n");
  HeadScanner in_steps;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    HeadScanner scanner;
    EXPECT_EQ(scanner.scan(whole.substr(0, size), 16384), HeadScanner::State::Incomplete) << size;
    EXPECT_EQ(in_steps.scan(whole.substr(0, size), 16384), HeadScanner::State::Incomplete) << size;
  }
  EXPECT_EQ(in_steps.scan(whole + "more", 16384), HeadScanner::State::Complete);
  EXPECT_EQ(in_steps.head_size(), whole.size());
}

ParsedResponse response(const std::string& text, int expected_status, bool head = false) {
  ParsedResponse parsed;
  const auto refusal = parse_response_head(text, kLimits, head, parsed);
  EXPECT_EQ(refusal ? 0 : parsed.status, expected_status) << text;
  return parsed;
}

TEST(ResponseHead, KnowsWhereItsBodyEnds) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200).framing.length, 5u);
  EXPECT_EQ(response("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", 200).framing.kind,
            BodyKind::Chunked);
  const ParsedResponse open = response("HTTP/1.1 200 \r\n\r\n", 200);
  EXPECT_EQ(open.framing.kind, BodyKind::UntilClose);
  EXPECT_FALSE(open.keep_alive);
  for (const char* status : {"204 N", "304 N", "100 C"})
    EXPECT_EQ(response("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\n\r\n",
                       std::stoi(status))
                  .framing.kind,
              BodyKind::None);
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, true).framing.kind,
            BodyKind::None);
  EXPECT_FALSE(response("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 200).keep_alive);
}

TEST(ResponseHead, RefusesWhatIsMalformed) {
  for (const char* text : {
           "HTTP/1.1 20 OK\r\n\r\n",
           "HTTP/1.1 2000 OK\r\n\r\n",
           "HTTP/2 200 OK\r\n\r\n",
           "HTTP/1.1  200 OK\r\n\r\n",
           "ICY 200 OK\r\n\r\n",
           "HTTP/1.1 600 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1 200 O\x01K\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
           "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
           "HTTP/1.1 200 OK\r\n a\r\n\r\n",
       })
    response(text, 0);
}

}  // namespace
}  // namespace muster::net
