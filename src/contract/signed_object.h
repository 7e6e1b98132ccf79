// The catalogue's document of an object whose whole spec an operator signs, because it says what
// happens on clients: docs/protocols/catalogue.md. Packages have documents of their own.
#pragma once

#include <string>

#include "contract/catalogue.h"
#include "contract/objects/object.h"

namespace muster::contract {

struct SignedObject {
  std::uint64_t version = 1;
  Timestamp expires{};
  // Without what the site adds to objects.
  AnyObject object;
};

// Whether objects of the kind go to clients in documents of this form.
bool is_signed_kind(ObjectKind kind);
// "class-NAME" or "files-NAME", the role in the catalogue of an object of such a kind.
std::string object_role(ObjectKind kind, std::string_view name);
// The role of a package or of an object of a signed kind; empty for all others.
std::string catalogue_role(const AnyObject& object);

// `object` is of a signed kind.
CataloguePart encode_signed_object(const SignedObject& signed_object);
// Strict like decode_entry(); the spec keeps the rules of its kind, and the target is the hash of
// the spec. Error: kCatalogueMalformed. No signature is verified.
Result<SignedCatalogue<SignedObject>> decode_signed_object(ByteView document);

}  // namespace muster::contract
