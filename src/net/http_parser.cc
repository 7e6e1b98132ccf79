#include "net/http_parser.h"

#include <algorithm>

namespace muster::net {
namespace {

constexpr Refusal bad(std::string_view why) { return {400, why}; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line off `text`. The scanner has seen to it that every LF has its CR; a CR
// elsewhere is caught as a control character.
std::string_view take_line(ByteView& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end - 1);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<Refusal> parse_fields(ByteView text, std::size_t limit, Headers& headers) {
  headers.clear();
  for (;;) {
    const std::string_view line = take_line(text);
    if (line.empty()) return std::nullopt;
    if (headers.size() == limit) return Refusal{431, "too many header fields"};
    if (line.front() == ' ' || line.front() == '\t')
      return bad("a header field is folded over two lines");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
      return bad("a header field's name is malformed");
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_field_value(value)) return bad("a header field holds a control character");
    headers.add(line.substr(0, colon), value);
  }
}

// Both lengths, several of one, or a coding other than chunked are how requests are smuggled
// past a proxy that reads them differently (RFC 9112 6.3): all are refused.
std::optional<Refusal> find_framing(const Headers& headers, bool version_1_0,
                                    BodyFraming& framing) {
  const std::size_t lengths = headers.count("Content-Length");
  const std::size_t codings = headers.count("Transfer-Encoding");
  if (lengths > 1) return bad("several Content-Length fields");
  if (lengths > 0 && codings > 0) return bad("both Content-Length and Transfer-Encoding");
  if (codings > 0) {
    if (version_1_0) return bad("Transfer-Encoding in HTTP/1.0");
    if (codings > 1 || !equal_ignoring_case(headers.get("Transfer-Encoding"), "chunked"))
      return bad("Transfer-Encoding other than chunked");
    framing = {BodyKind::Chunked, 0};
  } else if (lengths > 0) {
    const auto length = parse_decimal(headers.get("Content-Length"));
    if (!length) return bad("Content-Length is not a number");
    framing = {*length > 0 ? BodyKind::Length : BodyKind::None, *length};
  }
  return std::nullopt;
}

bool is_authority(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

std::optional<Refusal> parse_target(std::string_view target, const std::string_view host,
                                    RequestHead& head) {
  if (target.find('#') != std::string_view::npos) return bad("the target holds a fragment");
  if (target == "*" && head.method == "OPTIONS") {
    head.path.assign(1, '*');
    head.target.assign(1, '*');
    head.query.clear();
    return std::nullopt;
  }
  std::string rooted;
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos ||
        (!equal_ignoring_case(target.substr(0, scheme), "http") &&
         !equal_ignoring_case(target.substr(0, scheme), "https")))
      return bad("the target is no path");
    target.remove_prefix(scheme + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (!equal_ignoring_case(target.substr(0, end), host))
      return bad("the target's host is not the Host field's");
    target.remove_prefix(end);
    if (!target.starts_with('/')) {
      rooted.assign(1, '/').append(target);
      target = rooted;
    }
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  auto path = decode_path(target.substr(0, mark));
  if (!path) return bad("the target's path is malformed");
  head.path = std::move(*path);
  head.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  head.target = target;
  return std::nullopt;
}

struct RequestLine {
  std::string_view method;
  std::string_view target;
  bool version_1_0 = false;
};

std::optional<Refusal> parse_request_line(std::string_view line, std::size_t target_limit,
                                          RequestLine& parsed) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("the request line is malformed");
  parsed.method = line.substr(0, first);
  parsed.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(parsed.method) || parsed.method.size() > 32) return bad("the method is malformed");
  if (parsed.target.size() > target_limit) return Refusal{414, "the target is too long"};
  if (parsed.target.empty() || !std::all_of(parsed.target.begin(), parsed.target.end(),
                                            [](char c) { return c > 0x20 && c < 0x7f; }))
    return bad("the target holds a character that must be escaped");
  if (version == "HTTP/1.0")
    parsed.version_1_0 = true;
  else if (version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
           version != "HTTP/1.1")
    return Refusal{505, "only HTTP/1.1 is spoken here"};
  else if (version != "HTTP/1.1")
    return bad("the version is malformed");
  return std::nullopt;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

HeadScanner::State HeadScanner::scan(ByteView input, std::size_t limit_bytes) {
  if (position_ == 0 && !input.empty() && !is_token(input.substr(0, 1)))
    return refuse(400, "this is not HTTP");
  for (;;) {
    const std::size_t end = input.find('\n', position_);
    if (std::min(end, input.size()) >= limit_bytes)
      return position_ == 0 ? refuse(414, "the request line is too long")
                            : refuse(431, "the head is too large");
    if (end == ByteView::npos) return State::Incomplete;
    if (end == position_ || input[end - 1] != '\r') return refuse(400, "a line ends without CR LF");
    const bool empty_line = end - 1 == position_;
    position_ = end + 1;
    if (empty_line) return State::Complete;
  }
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<std::string> decode_path(std::string_view raw) {
  std::string path;
  path.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    char c = raw[i];
    if (c == '%') {
      if (raw.size() - i < 3) return std::nullopt;
      const int high = hex_digit(raw[i + 1]);
      const int low = hex_digit(raw[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\') return std::nullopt;
    path += c;
  }
  for (std::size_t at = path.find("/.."); at != std::string::npos; at = path.find("/..", at + 1))
    if (at + 3 == path.size() || path[at + 3] == '/') return std::nullopt;
  return path;
}

std::optional<Refusal> parse_request_head(ByteView text, const HeadLimits& limits,
                                          RequestHead& head, ParsedRequest& parsed) {
  RequestLine line;
  if (auto refusal = parse_request_line(take_line(text), limits.target_bytes, line)) return refusal;
  if (auto refusal = parse_fields(text, limits.header_count, head.headers)) return refusal;
  parsed = {};
  if (auto refusal = find_framing(head.headers, line.version_1_0, parsed.framing)) return refusal;

  const std::size_t hosts = head.headers.count("Host");
  const std::string_view host = head.headers.get("Host");
  if (hosts > 1 || (hosts == 0 && !line.version_1_0))
    return bad("exactly one Host field is needed");
  if (hosts == 1 && !is_authority(host)) return bad("the Host field is malformed");
  head.method = line.method;
  if (auto refusal = parse_target(line.target, host, head)) return refusal;

  parsed.keep_alive = !line.version_1_0;
  for (std::size_t i = 0; i < head.headers.size(); ++i)
    if (const HeaderField field = head.headers[i];
        equal_ignoring_case(field.name, "Connection") && list_holds(field.value, "close"))
      parsed.keep_alive = false;
  if (const auto expect = head.headers.find("Expect"); expect && !line.version_1_0) {
    if (!equal_ignoring_case(*expect, "100-continue"))
      return Refusal{417, "this expectation is unknown"};
    parsed.expects_continue = parsed.framing.kind != BodyKind::None;
  }
  return std::nullopt;
}

std::optional<Refusal> parse_response_head(ByteView text, const HeadLimits& limits,
                                           bool answers_head, ParsedResponse& parsed) {
  // "HTTP/1.1 200 OK"; the reason may be empty, and some servers leave its space out.
  const std::string_view line = take_line(text);
  const bool version_1_0 = line.starts_with("HTTP/1.0 ");
  if (line.size() < 12 || (!version_1_0 && !line.starts_with("HTTP/1.1 ")) ||
      (line.size() > 12 && line[12] != ' ') || !is_field_value(line))
    return bad("the status line is malformed");
  const auto status = parse_decimal(line.substr(9, 3));
  if (!status || *status < 100 || *status > 599) return bad("the status is malformed");
  parsed = {};
  parsed.status = static_cast<int>(*status);
  if (auto refusal = parse_fields(text, limits.header_count, parsed.headers)) return refusal;
  parsed.framing = {BodyKind::UntilClose, 0};
  if (auto refusal = find_framing(parsed.headers, version_1_0, parsed.framing)) return refusal;
  if (answers_head || *status < 200 || *status == 204 || *status == 304)
    parsed.framing = {BodyKind::None, 0};
  parsed.keep_alive = !version_1_0 && parsed.framing.kind != BodyKind::UntilClose;
  for (std::size_t i = 0; i < parsed.headers.size(); ++i)
    if (const HeaderField field = parsed.headers[i];
        equal_ignoring_case(field.name, "Connection") && list_holds(field.value, "close"))
      parsed.keep_alive = false;
  return std::nullopt;
}

}  // namespace muster::net
