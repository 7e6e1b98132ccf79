#include "trust/document_signature.h"

#include <algorithm>

#include "trust/errors.h"

namespace muster::trust {
namespace {

// The site's time is the same in all answers of a management point: whoever plays many clients in
// one thread reads it thousands of times. A text is known again by each of its bytes, and only
// under the key that was found good for it.
struct KnownTime {
  Bytes text, key;
};
thread_local KnownTime known_time;

bool is_known_time(ByteView text, const Ed25519PublicKey& key) {
  return !known_time.text.empty() && known_time.text == text && known_time.key == key.raw();
}

}  // namespace

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
  const bool is_time = type == contract::SignedType::SiteTime;
  if (is_time && is_known_time(text, *key)) return std::move(document.payload);
  if (!key->verify(contract::signed_document_input(type, document.payload), document.signature))
    return fail(kBadSignature, "{} of key {}", contract::to_text(type), document.key_id);
  if (is_time) known_time = {Bytes(text), key->raw()};
  return std::move(document.payload);
}

}  // namespace muster::trust
