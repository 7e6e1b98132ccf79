// HTTP heads, bodies and ranges. The first byte chooses the steps in which the rest arrives; the
// result must not depend on them.
#include <string>

#include "base/check.h"
#include "net/address.h"
#include "net/http_body.h"
#include "net/http_parser.h"
#include "net/http_range.h"

namespace muster::net {
namespace {

constexpr HeadLimits kLimits{4096, 50, 1024};
constexpr std::uint64_t kBodyLimit = 5000;

struct Seen {
  HeadScanner::State scanned = HeadScanner::State::Incomplete;
  std::string head;
  int head_status = 0;
  BodyDecoder::State body_state = BodyDecoder::State::Done;
  std::string body;
  std::size_t used = 0;

  bool operator==(const Seen&) const = default;
};

void check_head(const RequestHead& head) {
  MUSTER_CHECK(head.path == "*" || head.path.starts_with('/'));
  for (char c : head.path)
    MUSTER_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f && c != '\\');
  MUSTER_CHECK((head.path + "/").find("/../") == std::string::npos);
  MUSTER_CHECK(head.headers.count("Host") <= 1 && head.headers.count("Content-Length") <= 1);
  MUSTER_CHECK(!(head.headers.find("Content-Length") && head.headers.find("Transfer-Encoding")));
  for (std::size_t i = 0; i < head.headers.size(); ++i)
    MUSTER_CHECK(is_token(head.headers[i].name) && is_field_value(head.headers[i].value));
  const FileAnswer answer = choose_file_answer(head, 1000, "\"v\"");
  MUSTER_CHECK(answer.start + answer.size <= 1000);
}

Seen read_request(const std::string& input, std::size_t step) {
  Seen seen;
  HeadScanner scanner;
  std::size_t arrived = 0;
  while (seen.scanned == HeadScanner::State::Incomplete && arrived < input.size()) {
    arrived = std::min(input.size(), arrived + step);
    seen.scanned = scanner.scan(ByteView(input).substr(0, arrived), kLimits.head_bytes);
  }
  if (seen.scanned != HeadScanner::State::Complete) return seen;
  RequestHead head;
  ParsedRequest parsed;
  seen.head = input.substr(0, scanner.head_size());
  seen.used = scanner.head_size();
  if (const auto refusal = parse_request_head(seen.head, kLimits, head, parsed)) {
    seen.head_status = refusal->status;
    return seen;
  }
  check_head(head);
  BodyDecoder decoder(parsed.framing, kBodyLimit, 64);
  while (decoder.state() == BodyDecoder::State::More && seen.used < input.size()) {
    ByteView part = ByteView(input).substr(seen.used, step);
    const std::size_t before = part.size();
    while (!part.empty() && decoder.state() == BodyDecoder::State::More)
      seen.body += decoder.next(part);
    seen.used += before - part.size();
  }
  seen.body_state = decoder.state();
  MUSTER_CHECK(seen.body.size() <= kBodyLimit);
  // Where a body is refused depends on how much of it was looked at.
  if (seen.body_state == BodyDecoder::State::Refused) {
    seen.body.clear();
    seen.used = 0;
  }
  return seen;
}

void read_response(const std::string& input) {
  HeadScanner scanner;
  if (scanner.scan(input, kLimits.head_bytes) != HeadScanner::State::Complete) return;
  ParsedResponse parsed;
  (void)parse_response_head(input.substr(0, scanner.head_size()), kLimits, false, parsed);
}

}  // namespace
}  // namespace muster::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const muster::net::Seen whole = muster::net::read_request(input, SIZE_MAX / 2);
  const muster::net::Seen parts = muster::net::read_request(input, 1u + data[0] % 32u);
  MUSTER_CHECK(whole == parts);
  muster::net::read_response(input);
  if (auto url = muster::net::parse_url(input))
    MUSTER_CHECK(muster::net::parse_url((url->tls ? "https://" : "http://") + url->host_and_port() +
                                        url->target));
  return 0;
}
