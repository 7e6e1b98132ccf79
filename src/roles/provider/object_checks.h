// What must hold before an object is stored: all names exist, queries are queries, and a package's
// signed documents say what its spec says.
#pragma once

#include <optional>

#include "contract/api.h"
#include "contract/catalogue.h"
#include "contract/objects/object.h"
#include "hosting/site.h"

namespace muster::provider {

// Errors: kReferenceMissing; those of the query language and of the fleet index.
Result<void> check_collection(hosting::Site& site, store::Reader& reader,
                              const model::Collection& collection);
// An address belongs to one site only. Error: kBoundaryOverlap, naming both.
Result<void> check_boundary(store::Reader& reader, const model::Boundary& boundary);
// Errors: kReferenceMissing.
Result<void> check_deployment(store::Reader& reader, const model::Deployment& deployment);

// A package's documents after all signatures were checked.
struct CheckedPackage {
  contract::PackageEntry entry;
  std::optional<contract::CatalogueTargets> targets;
};
// Errors: kCatalogueMismatch, kContentNotThere, those of trust/.
Result<CheckedPackage> check_package(hosting::Site& site, store::Reader& reader,
                                     const model::Package& package,
                                     const contract::CatalogueUpload& upload);

// Names of live objects that use this one, for a refusal to delete it.
Result<std::vector<std::string>> users_of(store::Reader& reader, contract::ObjectKind kind,
                                          std::string_view name);

}  // namespace muster::provider
