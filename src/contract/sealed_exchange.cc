#include "contract/sealed_exchange.h"

#include <algorithm>

#include "base/check.h"
#include "base/sha256.h"
#include "contract/document_errors.h"
#include "contract/errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::string_view kFrameMagic = "muster-sealed/1 ";
constexpr std::string_view kRequestLine = "muster-request/1\n";
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kKeyIdDigits = 64;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kLongestPath = 2304;  // one that names many policy bodies
constexpr std::size_t kLongestField = 128;
constexpr std::size_t kMostHeaders = 16;
// Base64 of an ECDSA P-256 signature in DER, 72 bytes at most.
constexpr std::size_t kSignatureTextLimit = 96;

Result<Bytes> base64_field(const wire::Json& json, std::string_view key) {
  return TRY_IN(from_base64(TRY(TRY(json.at(key)).string())), "{}", key);
}

bool is_plain_path(std::string_view path) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '.' || c == '_' || c == '-';
  };
  return path.starts_with('/') && path.size() <= kLongestPath && std::ranges::all_of(path, plain) &&
         path.find("..") == path.npos;
}

bool is_plain_field(std::string_view value) {
  return value.size() <= kLongestField &&
         std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

Result<SealedRequest> read_request(ByteView line) {
  const auto document = TRY(wire::JsonDocument::parse(line, {.bytes = line.size(), .depth = 2}));
  const wire::Json json = document.root();
  SealedRequest header{.sender = TRY(device_field(json, "sender"))};
  header.number = TRY(number_field(json, "number"));
  header.key_id = TRY(sha256_field(json, "key"));
  header.method = TRY(text_field(json, "method"));
  header.path = TRY(text_field(json, "path"));
  header.etag = TRY(optional_text_field(json, "ifNoneMatch")).value_or("");
  header.poll = TRY(optional_text_field(json, "poll")).value_or("");
  header.sent = TRY(time_field(json, "sent"));
  header.body_sha256 = TRY(from_hex(TRY(sha256_field(json, "bodySha256"))));
  header.certificate = TRY(base64_field(json, "certificate"));
  if (header.method != "GET" && header.method != "POST")
    return fail(kSealedMalformed, "method '{}'", header.method.substr(0, 20));
  if (!is_plain_path(header.path)) return fail(kSealedMalformed, "a path of other characters");
  if (!is_plain_field(header.etag)) return fail(kSealedMalformed, "ifNoneMatch");
  if (!is_plain_field(header.poll)) return fail(kSealedMalformed, "poll");
  return header;
}

Result<SealedAnswer> read_answer(ByteView line) {
  const auto document = TRY(wire::JsonDocument::parse(line, {.bytes = line.size(), .depth = 3}));
  const wire::Json json = document.root();
  SealedAnswer answer;
  answer.number = TRY(number_field(json, "number"));
  answer.status = TRY(number_field(json, "status"));
  answer.last = TRY(number_field(json, "last"));
  for (const auto& [name, value] : TRY(TRY(json.at("headers")).members()))
    answer.headers.emplace_back(name, TRY(value.string()));
  if (answer.headers.size() > kMostHeaders)
    return fail(kSealedMalformed, "over {} headers", kMostHeaders);
  if (answer.status < 200 || answer.status > 599)
    return fail(kSealedMalformed, "status {}", answer.status);
  return answer;
}

// The line up to the next newline, taken off the front of `rest` with it.
Result<ByteView> take_line(ByteView& rest, std::size_t limit_bytes, std::string_view what) {
  const std::size_t end = rest.substr(0, limit_bytes + 1).find('\n');
  if (end == rest.npos) {
    if (rest.size() > limit_bytes)
      return fail(kSealedTooLarge, "the {} line is over {} bytes", what, limit_bytes);
    return fail(kSealedMalformed, "the {} line has no end", what);
  }
  const ByteView line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

Bytes encode_envelope_key(const EnvelopeKeyDocument& document) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("site").string(document.site.text());
  w.key("publicKey").string(to_hex(document.public_key));
  w.key("issued").string(to_text(document.issued));
  w.key("expires").string(to_text(document.expires));
  w.end();
  return std::move(w).take();
}

Result<EnvelopeKeyDocument> decode_envelope_key(ByteView payload) {
  const auto json_document = TRY(wire::JsonDocument::parse(payload, {.bytes = 4096, .depth = 2}));
  const wire::Json json = json_document.root();
  TRY(check_format(json, kFormat));
  const auto site = TRY(site_field(json, "site"));
  EnvelopeKeyDocument document{site};
  document.public_key = TRY(from_hex(TRY(sha256_field(json, "publicKey"))));
  document.issued = TRY(time_field(json, "issued"));
  document.expires = TRY(time_field(json, "expires"));
  if (document.expires <= document.issued) return fail(kBadMember, "expires is not after issued");
  return document;
}

std::string envelope_key_id(ByteView public_key) { return sha256_hex(public_key); }

Bytes sealed_first_line(std::string_view key_id) {
  MUSTER_CHECK(key_id.size() == kKeyIdDigits);
  return fmt::format("{}{}\n", kFrameMagic, key_id);
}

Result<SealedFrame> parse_sealed_frame(ByteView text) {
  const std::size_t line_size = kFrameMagic.size() + kKeyIdDigits + 1;
  if (!text.starts_with(kFrameMagic) || text.size() < line_size || text[line_size - 1] != '\n')
    return fail(kSealedMalformed, "the first line is not 'muster-sealed/1 KEYID'");
  SealedFrame frame;
  frame.bound = text.substr(0, line_size);
  frame.key_id = Bytes(text.substr(kFrameMagic.size(), kKeyIdDigits));
  if (!from_hex(frame.key_id)) return fail(kSealedMalformed, "the key id is not lower-case hex");
  const ByteView rest = text.substr(line_size);
  if (rest.size() < kKeySize + kTagSize)
    return fail(kSealedMalformed, "{} bytes are no key and no sealed text", rest.size());
  frame.encapsulated = rest.substr(0, kKeySize);
  frame.sealed = rest.substr(kKeySize);
  return frame;
}

Bytes sealed_request_signed_part(const SealedRequest& header) {
  wire::JsonWriter w;
  w.object();
  w.key("sender").string(header.sender.text());
  w.key("number").number(header.number);
  w.key("key").string(header.key_id);
  w.key("method").string(header.method);
  w.key("path").string(header.path);
  if (!header.etag.empty()) w.key("ifNoneMatch").string(header.etag);
  if (!header.poll.empty()) w.key("poll").string(header.poll);
  w.key("sent").string(to_text(header.sent));
  w.key("bodySha256").string(to_hex(header.body_sha256));
  w.key("certificate").string(to_base64(header.certificate));
  w.end();
  return Bytes(kRequestLine) + w.view();
}

Bytes frame_sealed_request(ByteView signed_part, ByteView signature, ByteView body) {
  Bytes out;
  out.reserve(signed_part.size() + kSignatureTextLimit + body.size() + 2);
  out.append(signed_part).append(1, '\n').append(to_base64(signature)).append(1, '\n').append(body);
  return out;
}

Result<ParsedSealedRequest> parse_sealed_request(ByteView text) {
  if (!text.starts_with(kRequestLine))
    return fail(kSealedMalformed, "inside, the first line is not 'muster-request/1'");
  ByteView rest = text.substr(kRequestLine.size());
  const ByteView line = TRY(take_line(rest, kSealedHeaderLimit, "header"));
  auto header = read_request(line);
  if (!header) return fail(kSealedMalformed, "header line: {}", header.error().text());
  const ByteView signed_part = text.substr(0, kRequestLine.size() + line.size());
  auto signature = from_base64(TRY(take_line(rest, kSignatureTextLimit, "signature")));
  if (!signature || signature->empty())
    return fail(kSealedMalformed, "the signature line is not base64");
  return ParsedSealedRequest{*std::move(header), signed_part, *std::move(signature), rest};
}

Bytes encode_sealed_answer(const SealedAnswer& answer) {
  wire::JsonWriter w;
  w.object();
  w.key("number").number(answer.number);
  w.key("status").number(answer.status);
  w.key("last").number(answer.last);
  w.key("headers").object();
  for (const auto& [name, value] : answer.headers) w.key(name).string(value);
  w.end();
  w.end();
  Bytes out = std::move(w).take();
  out += '\n';
  out += answer.body;
  return out;
}

Result<SealedAnswer> decode_sealed_answer(ByteView text) {
  ByteView rest = text;
  auto answer = read_answer(TRY(take_line(rest, kSealedHeaderLimit, "answer's header")));
  if (!answer) return fail(kSealedMalformed, "answer: {}", answer.error().text());
  answer->body = Bytes(rest);
  return answer;
}

}  // namespace muster::contract
