// Versions of packages' content on their way out: superseded, withdrawn, removed.
#pragma once

#include <functional>

#include "store/site/devices.h"
#include "store/site/packages.h"

namespace muster::store {

// Not withdrawn, though a later version of the package was there before `moment`.
Result<std::vector<PackageContent>> superseded_content(Reader& reader, Timestamp moment);
// Withdrawn before `moment`.
Result<std::vector<PackageContent>> withdrawn_content(Reader& reader, Timestamp moment);
// All versions of all packages.
Result<std::vector<PackageContent>> all_package_content(Reader& reader);
// Whether an active device said since `since` that the deployment is with it in this version of its
// package and has come to no end. Only devices that `counts` says yes to.
Result<bool> is_under_way(Reader& reader, const model::ObjectId& deployment,
                          std::string_view package_version, Timestamp since,
                          const std::function<bool(DeviceNumber)>& counts);
// Error: kNotFound.
Result<void> remove_package_content(Transaction& transaction, const model::ObjectId& package,
                                    std::int64_t version);

}  // namespace muster::store
