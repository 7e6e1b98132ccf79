// What must hold before an object is stored: all names exist, and queries are queries.
#pragma once

#include "contract/objects/object.h"
#include "hosting/site.h"
#include "roles/provider/order_checks.h"

namespace muster::provider {

// Errors: kReferenceMissing; those of the query language; fleet's kCollectionCycle with the way
// through includes, excludes and limits.
Result<void> check_collection(store::Reader& reader, const model::Collection& collection);
// Its class is no other object's, and its columns are those of before, perhaps with more behind
// them. Errors: kClassTaken, kClassChanged.
Result<void> check_inventory_class(store::Reader& reader, const model::DeclaredClass& declared);
// An address belongs to one site only. Error: kBoundaryOverlap, naming both.
Result<void> check_boundary(store::Reader& reader, const model::Boundary& boundary);
// Errors: kReferenceMissing, kOrderCycle; kPackageRetired unless it deploys the package already.
Result<void> check_deployment(store::Reader& reader, const model::Deployment& deployment,
                              const Submission& submission);

// Refuses to delete what live objects name. Error: kInUse, naming them.
Result<void> check_unused(store::Reader& reader, contract::ObjectKind kind, std::string_view name);

}  // namespace muster::provider
