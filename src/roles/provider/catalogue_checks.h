// What operators signed about an object, checked before it is stored with it: the signatures, and
// that the documents say what the spec says.
#pragma once

#include <optional>
#include <string>

#include "contract/api.h"
#include "contract/catalogue.h"
#include "contract/objects/object.h"
#include "hosting/site.h"

namespace muster::provider {

// The documents of an object, all signatures checked.
struct CheckedDocuments {
  std::string role;
  std::uint64_t version = 0;
  std::optional<contract::PackageEntry> package;  // of a package alone
  std::optional<contract::CatalogueTargets> targets;
};
// Nothing for an object of a kind that nobody signs. Errors: kCatalogueMismatch, kContentNotThere,
// kStale, those of trust/.
Result<std::optional<CheckedDocuments>> check_documents(
    hosting::Site& site, store::Reader& reader, const contract::AnyObject& object,
    const std::optional<contract::CatalogueUpload>& upload);

}  // namespace muster::provider
