// The envelope of every message of a client: who, which stream and sequence, what, signed with
// the client's leaf key. docs/protocols/envelope.md. Signatures: trust/envelope_signature.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "model/ids.h"

namespace muster::contract {

using muster::to_text;  // else the overloads below would hide those of times and durations

enum class MessageType { Inventory, Heartbeat, Status, CollectedFiles };
// "inventory", "heartbeat", "status", "collected-files".
std::string_view to_text(MessageType type);

enum class BodyEncoding { Identity, Zstd };
// "identity", "zstd".
std::string_view to_text(BodyEncoding encoding);

// A message is named by (sender, stream, sequence); a receiver drops the second of a name.
struct EnvelopeHeader {
  model::DeviceId sender;
  // 16 bytes, random per state folder of the client.
  Bytes stream{};
  std::uint64_t sequence = 0;
  MessageType type = MessageType::Heartbeat;
  Timestamp sent{};
  // 32 bytes, of the body as it is sent: it is checked before anything is unpacked.
  Bytes body_sha256{};
  BodyEncoding body_encoding = BodyEncoding::Identity;
  // Of the unpacked body.
  std::uint64_t body_size = 0;
  // 32 bytes, of the DER of the leaf certificate whose key signed.
  Bytes certificate_sha256{};
};

struct EnvelopeLimits {
  std::size_t header_bytes = 2048;
  // As sent, and unpacked.
  std::size_t body_bytes = 16u << 20;
  std::uint64_t unpacked_bytes = 64u << 20;
};

// A parsed message. The views point into the text that was parsed.
struct Envelope {
  EnvelopeHeader header;
  // "muster-envelope/1\n" and the header line without its newline: what the leaf key signs.
  ByteView signed_part;
  // ECDSA over SHA-256 of signed_part, DER.
  Bytes signature;
  ByteView body;
};

Bytes envelope_signed_part(const EnvelopeHeader& header);
// `signed_part` is what envelope_signed_part() gave.
Bytes frame_envelope(ByteView signed_part, ByteView signature, ByteView body);

// Errors: kEnvelopeMalformed, kEnvelopeTooLarge. Neither signature nor body hash is verified.
Result<Envelope> parse_envelope(ByteView text, const EnvelopeLimits& limits = {});

}  // namespace muster::contract
