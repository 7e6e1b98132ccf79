// What must hold before an object is stored: all names exist, queries are queries, and a package's
// signed documents say what its spec says.
#pragma once

#include <optional>

#include "contract/api.h"
#include "contract/catalogue.h"
#include "contract/objects/object.h"
#include "hosting/site.h"
#include "roles/provider/order_checks.h"

namespace muster::provider {

// Errors: kReferenceMissing; those of the query language; fleet's kCollectionCycle with the way
// through includes, excludes and limits.
Result<void> check_collection(store::Reader& reader, const model::Collection& collection);
// An address belongs to one site only. Error: kBoundaryOverlap, naming both.
Result<void> check_boundary(store::Reader& reader, const model::Boundary& boundary);
// Errors: kReferenceMissing, kOrderCycle; kPackageRetired unless it deploys the package already.
Result<void> check_deployment(store::Reader& reader, const model::Deployment& deployment,
                              const Submission& submission);

// A package's documents after all signatures were checked.
struct CheckedPackage {
  contract::PackageEntry entry;
  std::optional<contract::CatalogueTargets> targets;
};
// Errors: kCatalogueMismatch, kContentNotThere, those of trust/.
Result<CheckedPackage> check_package(hosting::Site& site, store::Reader& reader,
                                     const model::Package& package,
                                     const contract::CatalogueUpload& upload);

// Refuses to delete what live objects name. Error: kInUse, naming them.
Result<void> check_unused(store::Reader& reader, contract::ObjectKind kind, std::string_view name);

}  // namespace muster::provider
