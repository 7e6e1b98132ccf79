// Connection 17 over plain HTTP: a request that the device signed and the answer to it, both
// sealed, and the site's envelope key. docs/protocols/sealed.md. Cryptography: trust/sealing.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/ids.h"

namespace muster::contract {

inline constexpr std::string_view kSealedPath = "/mp/sealed";
inline constexpr std::string_view kSealedType = "application/vnd.muster.sealed";

// What a site system's clients seal to; a signed document of type envelope-key.
struct EnvelopeKeyDocument {
  model::SiteCode site;
  Bytes public_key{};  // X25519, raw, 32 bytes
  Timestamp issued{};
  Timestamp expires{};
};
Bytes encode_envelope_key(const EnvelopeKeyDocument& document);
Result<EnvelopeKeyDocument> decode_envelope_key(ByteView payload);
// 64 hex digits: SHA-256 of the raw key.
std::string envelope_key_id(ByteView public_key);

// A sealed request as it travels. The views point into the text that was parsed.
struct SealedFrame {
  std::string key_id;
  ByteView bound;         // the first line: what the seal is bound to
  ByteView encapsulated;  // the sender's ephemeral key, 32 bytes
  ByteView sealed;
};
// "muster-sealed/1 KEYID\n".
Bytes sealed_first_line(std::string_view key_id);
// Error: kSealedMalformed. Nothing is opened.
Result<SealedFrame> parse_sealed_frame(ByteView text);

// What is inside: a request of a device, as it would come over HTTPS.
struct SealedRequest {
  model::DeviceId sender;
  std::uint64_t number = 0;  // rises with each request of the device
  std::string key_id{};      // of the envelope key: nobody can seal it to another one
  std::string method{};      // GET or POST
  std::string path{};        // no query; letters, digits and "/._-"
  std::string etag{};        // of If-None-Match; empty: none
  std::string poll{};        // of Muster-Poll; empty: none
  Timestamp sent{};
  Bytes body_sha256{};
  Bytes certificate{};  // DER of the leaf whose key signed
};
struct ParsedSealedRequest {
  SealedRequest header;
  ByteView signed_part;  // "muster-request/1\n" and the header line without its newline
  Bytes signature;       // ECDSA over SHA-256 of it, DER
  ByteView body;
};
inline constexpr std::size_t kSealedHeaderLimit = 8192;
Bytes sealed_request_signed_part(const SealedRequest& header);
Bytes frame_sealed_request(ByteView signed_part, ByteView signature, ByteView body);
// Errors: kSealedMalformed, kSealedTooLarge. Neither signature nor body hash is verified.
Result<ParsedSealedRequest> parse_sealed_request(ByteView text);

struct SealedAnswer {
  std::uint64_t number = 0;  // of the request
  std::uint64_t status = 0;
  std::uint64_t last = 0;  // the highest number that the site took of the device
  std::vector<std::pair<std::string, std::string>> headers;  // at most 16
  Bytes body;
};
Bytes encode_sealed_answer(const SealedAnswer& answer);
// Error: kSealedMalformed.
Result<SealedAnswer> decode_sealed_answer(ByteView text);

}  // namespace muster::contract
