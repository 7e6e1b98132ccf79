// Signs and verifies the signed documents of contract/signed_document.h.
#pragma once

#include <span>

#include "contract/signed_document.h"
#include "trust/keys.h"

namespace muster::trust {

// The framed document.
Bytes sign_document(contract::SignedType type, ByteView payload, const Ed25519Key& key);

// The payload, if one of `keys` signed it as `type`. Errors: those of parse_signed_document(),
// kWrongDocumentType, kUnknownKey, kBadSignature.
Result<Bytes> verify_document(ByteView text, contract::SignedType type,
                              std::span<const Ed25519PublicKey> keys);

}  // namespace muster::trust
