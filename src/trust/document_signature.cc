#include "trust/document_signature.h"

#include <algorithm>

#include "trust/errors.h"

namespace muster::trust {

Bytes sign_document(contract::SignedType type, ByteView payload, const Ed25519Key& key) {
  return contract::frame_signed_document({type, key.public_key().id(),
                                          key.sign(contract::signed_document_input(type, payload)),
                                          Bytes(payload)});
}

Result<Bytes> verify_document(ByteView text, contract::SignedType type,
                              std::span<const Ed25519PublicKey> keys) {
  contract::SignedDocument document = TRY(contract::parse_signed_document(text));
  if (document.type != type)
    return fail(kWrongDocumentType, "'{}' instead of '{}'", contract::to_text(document.type),
                contract::to_text(type));
  const auto key = std::find_if(keys.begin(), keys.end(), [&](const Ed25519PublicKey& known) {
    return known.id() == document.key_id;
  });
  if (key == keys.end())
    return fail(kUnknownKey, "{} of key {}", contract::to_text(type), document.key_id);
  if (!key->verify(contract::signed_document_input(type, document.payload), document.signature))
    return fail(kBadSignature, "{} of key {}", contract::to_text(type), document.key_id);
  return std::move(document.payload);
}

}  // namespace muster::trust
