// Signatures over catalogue documents: made by operators and the signer, counted by clients.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "contract/catalogue.h"
#include "trust/keys.h"

namespace muster::trust {

contract::CatalogueKey catalogue_key(const Ed25519PublicKey& key);
contract::CatalogueSignature sign_catalogue(ByteView canonical, const Ed25519Key& key);
// The document as it is stored, with one signature per key.
Bytes sign_catalogue_document(const contract::CataloguePart& part,
                              std::span<const Ed25519Key* const> keys);

// Whether enough of the role's keys signed. Keys of `root` that are not of the role count for
// nothing, but a false signature of one that is refuses the document. `what` names it in errors:
// `stranger` when none of the role's keys signed, kBadSignature, kThreshold.
Result<void> check_signatures(std::string_view what, ByteView canonical,
                              const std::vector<contract::CatalogueSignature>& signatures,
                              const contract::CatalogueRoot& root, const contract::RoleKeys& role,
                              const ErrorKind& stranger);

}  // namespace muster::trust
