#include "trust/catalogue_signature.h"

#include <algorithm>

#include "base/check.h"
#include "trust/errors.h"

namespace muster::trust {

contract::CatalogueKey catalogue_key(const Ed25519PublicKey& key) { return {key.raw()}; }

contract::CatalogueSignature sign_catalogue(ByteView canonical, const Ed25519Key& key) {
  return {catalogue_key(key.public_key()).id(), key.sign(canonical)};
}

Bytes sign_catalogue_document(const contract::CataloguePart& part,
                              std::span<const Ed25519Key* const> keys) {
  std::vector<contract::CatalogueSignature> signatures;
  for (const Ed25519Key* key : keys) signatures.push_back(sign_catalogue(part.canonical, *key));
  return contract::assemble_catalogue(part, signatures);
}

Result<void> check_signatures(std::string_view what, ByteView canonical,
                              const std::vector<contract::CatalogueSignature>& signatures,
                              const contract::CatalogueRoot& root, const contract::RoleKeys& role,
                              const ErrorKind& stranger) {
  std::uint64_t valid = 0;
  for (const contract::CatalogueSignature& signature : signatures) {
    if (std::find(role.key_ids.begin(), role.key_ids.end(), signature.key_id) == role.key_ids.end())
      continue;
    const contract::CatalogueKey* key = root.key(signature.key_id);
    // decode_root() refuses a role whose key is not in the document.
    MUSTER_CHECK(key != nullptr);
    const Ed25519PublicKey verifier = TRY(Ed25519PublicKey::from_raw(key->public_key));
    if (!verifier.verify(canonical, signature.signature))
      return fail(kBadSignature, "{}: signature of key {}", what, signature.key_id);
    ++valid;
  }
  if (valid == 0)
    return fail(stranger, "{}: signed by {}, no key of the role in root version {}", what,
                signatures.empty() ? "nobody" : signatures[0].key_id, root.version);
  if (valid < role.threshold)
    return fail(kThreshold, "{}: {} signatures, {} are needed", what, valid, role.threshold);
  return {};
}

}  // namespace muster::trust
