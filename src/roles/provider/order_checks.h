// What runs before what: programs before programs of packages, deployments after deployments. No
// order leads back to where it began.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/deployment.h"
#include "model/package.h"
#include "store/database.h"

namespace muster::provider {

// An object that is about to be stored, where it differs from what the database has: the objects
// of one file are checked together.
struct Submission {
  std::function<const model::Package*(const std::string& name)> package;
  std::function<const model::Deployment*(const std::string& name)> deployment;
};
Submission only(const model::Package& package);
Submission only(const model::Deployment& deployment);

// What runs before the package's programs, and after them. Errors: kOrderCycle with the way,
// kReferenceMissing, kPackageRetired, kOrderTooLong, kInUse for a program that is gone.
Result<void> check_run_first(store::Reader& reader, const model::Package& package,
                             const Submission& submission);
// Errors: kOrderCycle with the way, kReferenceMissing.
Result<void> check_after(store::Reader& reader, const model::Deployment& deployment,
                         const Submission& submission);

// What runs before a stored program: directly before it first. Ends where something is missing.
Result<std::vector<model::RunFirst>> first_programs(store::Reader& reader,
                                                    const std::string& package,
                                                    const std::string& program);
// Nothing where there is none.
Result<std::optional<model::Package>> stored_package(store::Reader& reader,
                                                     const std::string& name);

}  // namespace muster::provider
