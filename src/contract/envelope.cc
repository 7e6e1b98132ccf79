#include "contract/envelope.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "contract/errors.h"
#include "contract/fields.h"
#include "wire/json.h"

namespace muster::contract {
namespace {

constexpr std::string_view kFirstLine = "muster-envelope/1\n";
constexpr std::size_t kStreamSize = 16;
constexpr std::size_t kHashSize = 32;
// Base64 of an ECDSA P-256 signature in DER, 72 bytes at most.
constexpr std::size_t kSignatureTextLimit = 96;

constexpr std::array<std::pair<MessageType, std::string_view>, 4> kTypes{{
    {MessageType::Inventory, "inventory"},
    {MessageType::Heartbeat, "heartbeat"},
    {MessageType::Status, "status"},
    {MessageType::CollectedFiles, "collected-files"},
}};
constexpr std::array<std::pair<BodyEncoding, std::string_view>, 2> kEncodings{{
    {BodyEncoding::Identity, "identity"},
    {BodyEncoding::Zstd, "zstd"},
}};

template <typename Value, std::size_t size>
std::string_view name_in(const std::array<std::pair<Value, std::string_view>, size>& table,
                         Value value) {
  for (const auto& [known, name] : table)
    if (known == value) return name;
  check_failed("a value of the table", __FILE__, __LINE__);
}

template <typename Value, std::size_t size>
Result<Value> value_in(const std::array<std::pair<Value, std::string_view>, size>& table,
                       std::string_view key, std::string_view text) {
  for (const auto& [value, name] : table)
    if (name == text) return value;
  return fail(kEnvelopeMalformed, "{} '{}' is not known", key, text.substr(0, 40));
}

Result<Bytes> hex_field(const wire::Json& object, std::string_view key, std::size_t size) {
  const std::string_view text = TRY(TRY(object.at(key)).string());
  auto bytes = from_hex(text);
  if (!bytes || bytes->size() != size)
    return fail(kEnvelopeMalformed, "{} is not {} bytes in lower-case hex", key, size);
  return *std::move(bytes);
}

Result<EnvelopeHeader> read_header(ByteView line) {
  const auto document = TRY(wire::JsonDocument::parse(line, {.bytes = line.size(), .depth = 2}));
  const wire::Json json = document.root();
  EnvelopeHeader header{.sender = TRY(device_field(json, "sender"))};
  header.stream = TRY(hex_field(json, "stream", kStreamSize));
  header.sequence = TRY(number_field(json, "sequence"));
  header.type = TRY(value_in(kTypes, "type", TRY(TRY(json.at("type")).string())));
  header.sent = TRY(time_field(json, "sent"));
  header.body_sha256 = TRY(hex_field(json, "bodySha256", kHashSize));
  header.body_encoding =
      TRY(value_in(kEncodings, "bodyEncoding", TRY(TRY(json.at("bodyEncoding")).string())));
  header.body_size = TRY(number_field(json, "bodySize"));
  header.certificate_sha256 = TRY(hex_field(json, "certificateSha256", kHashSize));
  return header;
}

Result<void> check_sizes(const EnvelopeHeader& header, ByteView body,
                         const EnvelopeLimits& limits) {
  if (body.size() > limits.body_bytes)
    return fail(kEnvelopeTooLarge, "body of {} bytes, the limit is {}", body.size(),
                limits.body_bytes);
  if (header.body_size > limits.unpacked_bytes)
    return fail(kEnvelopeTooLarge, "unpacked body of {} bytes, the limit is {}", header.body_size,
                limits.unpacked_bytes);
  if (header.body_encoding == BodyEncoding::Identity && header.body_size != body.size())
    return fail(kEnvelopeMalformed, "bodySize is {}, the body has {} bytes", header.body_size,
                body.size());
  return {};
}

}  // namespace

std::string_view to_text(MessageType type) { return name_in(kTypes, type); }
std::string_view to_text(BodyEncoding encoding) { return name_in(kEncodings, encoding); }

Bytes envelope_signed_part(const EnvelopeHeader& header) {
  MUSTER_CHECK(header.stream.size() == kStreamSize);
  MUSTER_CHECK(header.body_sha256.size() == kHashSize);
  MUSTER_CHECK(header.certificate_sha256.size() == kHashSize);
  wire::JsonWriter w;
  w.object();
  w.key("sender").string(header.sender.text());
  w.key("stream").string(to_hex(header.stream));
  w.key("sequence").number(header.sequence);
  w.key("type").string(to_text(header.type));
  w.key("sent").string(to_text(header.sent));
  w.key("bodySha256").string(to_hex(header.body_sha256));
  w.key("bodyEncoding").string(to_text(header.body_encoding));
  w.key("bodySize").number(header.body_size);
  w.key("certificateSha256").string(to_hex(header.certificate_sha256));
  w.end();
  Bytes out(kFirstLine);
  out += w.view();
  return out;
}

Bytes frame_envelope(ByteView signed_part, ByteView signature, ByteView body) {
  Bytes out;
  out.reserve(signed_part.size() + kSignatureTextLimit + body.size() + 2);
  out += signed_part;
  out += '\n';
  out += to_base64(signature);
  out += '\n';
  out += body;
  return out;
}

Result<Envelope> parse_envelope(ByteView text, const EnvelopeLimits& limits) {
  if (!text.starts_with(kFirstLine))
    return fail(kEnvelopeMalformed, "the first line is not 'muster-envelope/1'");
  ByteView rest = text.substr(kFirstLine.size());
  const std::size_t header_end = rest.substr(0, limits.header_bytes + 1).find('\n');
  if (header_end == rest.npos) {
    if (rest.size() > limits.header_bytes)
      return fail(kEnvelopeTooLarge, "header line over {} bytes", limits.header_bytes);
    return fail(kEnvelopeMalformed, "the header line has no end");
  }
  auto header = read_header(rest.substr(0, header_end));
  if (!header) return fail(kEnvelopeMalformed, "header line: {}", header.error().text());
  const ByteView signed_part = text.substr(0, kFirstLine.size() + header_end);

  rest.remove_prefix(header_end + 1);
  const std::size_t signature_end = rest.substr(0, kSignatureTextLimit + 1).find('\n');
  if (signature_end == rest.npos)
    return fail(kEnvelopeMalformed, "the signature line has no end within {} bytes",
                kSignatureTextLimit);
  auto signature = from_base64(rest.substr(0, signature_end));
  if (!signature || signature->empty())
    return fail(kEnvelopeMalformed, "the signature line is not base64");
  const ByteView body = rest.substr(signature_end + 1);
  TRY(check_sizes(*header, body, limits));
  return Envelope{*std::move(header), signed_part, *std::move(signature), body};
}

}  // namespace muster::contract
