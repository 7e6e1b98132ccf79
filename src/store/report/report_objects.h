// Packages and deployments as tables of the export, decoded by the caller.
#pragma once

#include "model/deployment.h"
#include "model/ids.h"
#include "model/package.h"
#include "store/database.h"

namespace muster::store {

Result<void> put_report_package(Transaction& transaction, const model::ObjectId& id,
                                const model::Package& package);
Result<void> put_report_deployment(Transaction& transaction, const model::ObjectId& id,
                                   const model::Deployment& deployment);
// Of whatever kind it was; one that is not there is no error.
Result<void> remove_report_object(Transaction& transaction, const model::ObjectId& id);

}  // namespace muster::store
