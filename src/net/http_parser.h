// Strict reading of HTTP/1.1 message heads: pure functions over bytes (RFC 9112).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/http_message.h"

namespace muster::net {

struct HeadLimits {
  std::size_t head_bytes;
  std::size_t header_count;
  std::size_t target_bytes;
};

// How the body that follows a head is delimited.
enum class BodyKind { None, Length, Chunked, UntilClose };
struct BodyFraming {
  BodyKind kind = BodyKind::None;
  std::uint64_t length = 0;
};

// Why a message is refused: the status a server answers, and a sentence.
struct Refusal {
  int status = 400;
  std::string_view why;
};

// Looks for the end of a head as bytes arrive, reading each byte once. Refuses at once what
// never becomes a head: a bare LF, a first byte that starts no method, too many bytes.
class HeadScanner {
 public:
  enum class State { Incomplete, Complete, Refused };
  State scan(ByteView input, std::size_t limit_bytes);
  // Of the whole head with its empty line, when Complete.
  std::size_t head_size() const { return position_; }
  const Refusal& refusal() const { return refusal_; }
  void reset() { *this = HeadScanner(); }

 private:
  State refuse(int status, std::string_view why) {
    refusal_ = {status, why};
    return State::Refused;
  }
  std::size_t position_ = 0;  // up to here every line is whole
  Refusal refusal_;
};

struct ParsedRequest {
  BodyFraming framing;
  bool keep_alive = true;
  bool expects_continue = false;
};
// `text` is a whole head. Fills `head` but for its peer; reuses its memory.
std::optional<Refusal> parse_request_head(ByteView text, const HeadLimits& limits,
                                          RequestHead& head, ParsedRequest& parsed);

struct ParsedResponse {
  int status = 0;
  Headers headers;
  BodyFraming framing;
  bool keep_alive = true;
};
// `answers_head`: the request's method was HEAD, so no body follows.
std::optional<Refusal> parse_response_head(ByteView text, const HeadLimits& limits,
                                           bool answers_head, ParsedResponse& parsed);

// Percent-decodes the path of a target once. Nothing for a malformed escape, a control
// character, a backslash or a ".." segment in the result.
std::optional<std::string> decode_path(std::string_view raw);

// Decimal digits only, at most 19 of them.
std::optional<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace muster::net
