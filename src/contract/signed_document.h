// The framing of JSON that one Ed25519 key vouches for: policy headers and bodies, the site's
// time, locator answers. docs/protocols/signed-document.md. No cryptography: see
// trust/document_signature.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::contract {

using muster::to_text;  // else the overload below would hide those of times and durations

// What the payload is. It is part of what is signed, so no document passes for one of another type.
enum class SignedType {
  PolicyHeader,
  PolicyBody,
  SiteTime,
  LocatorAnswer,
  EnvelopeKey,
  ManagementPoints,
  Revocations,
};

// "policy-header", "policy-body", "site-time", "locator-answer", "envelope-key",
// "management-points", "revocations".
std::string_view to_text(SignedType type);
// Error: kSignedDocumentMalformed.
Result<SignedType> parse_signed_type(std::string_view text);

struct SignedDocument {
  SignedType type = SignedType::PolicyHeader;
  // 64 lower-case hex digits: SHA-256 of the raw public key.
  std::string key_id;
  // 64 bytes.
  Bytes signature;
  Bytes payload;
};

inline constexpr std::size_t kSignedDocumentLimit = 8u << 20;

// The bytes that the key signs: "muster-signed/1 TYPE\n" and the payload.
Bytes signed_document_input(SignedType type, ByteView payload);

// "muster-signed/1 TYPE KEYID SIGNATURE\n" and the payload.
Bytes frame_signed_document(const SignedDocument& document);

// Errors: kSignedDocumentMalformed, kSignedDocumentTooLarge. The signature is not verified.
Result<SignedDocument> parse_signed_document(ByteView text,
                                             std::size_t limit_bytes = kSignedDocumentLimit);

}  // namespace muster::contract
