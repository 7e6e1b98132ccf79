#include "store/report/report_objects.h"

#include <fmt/format.h>

namespace muster::store {
namespace {

std::optional<std::int64_t> moment(const model::StartTime& time) {
  if (const auto* known = std::get_if<Timestamp>(&time)) return known->ms;
  return std::nullopt;
}

}  // namespace

Result<void> remove_report_object(Transaction& transaction, const model::ObjectId& id) {
  TRY(transaction.run("DELETE FROM muster_export.program WHERE package = $1", {id.text()}));
  TRY(transaction.run("DELETE FROM muster_export.package WHERE id = $1", {id.text()}));
  TRY(transaction.run("DELETE FROM muster_export.deployment WHERE id = $1", {id.text()}));
  return {};
}

Result<void> put_report_package(Transaction& transaction, const model::ObjectId& id,
                                const model::Package& package) {
  TRY(remove_report_object(transaction, id));
  TRY(transaction.run(
      "INSERT INTO muster_export.package (id, version, retired) VALUES ($1, $2, $3)",
      {id.text(), package.version, package.retired}));
  for (const model::Program& program : package.programs)
    TRY(transaction.run(
        "INSERT INTO muster_export.program (package, name, command, run_as, max_runtime) "
        "VALUES ($1, $2, $3, $4, $5)",
        {id.text(), program.name, fmt::format("{}", fmt::join(program.argv, " ")),
         to_text(program.run_as), program.max_runtime.count()}));
  return {};
}

Result<void> put_report_deployment(Transaction& transaction, const model::ObjectId& id,
                                   const model::Deployment& deployment) {
  TRY(remove_report_object(transaction, id));
  const auto deadline = deployment.deadline ? moment(*deployment.deadline) : std::nullopt;
  TRY(transaction.run(
      "INSERT INTO muster_export.deployment (id, package, program, collection, purpose, enabled, "
      "start, deadline, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {id.text(), deployment.package, deployment.program, deployment.collection,
       to_text(deployment.purpose), deployment.enabled, moment(deployment.start), deadline,
       deployment.expires}));
  return {};
}

}  // namespace muster::store
