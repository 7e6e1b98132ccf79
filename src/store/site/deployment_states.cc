#include "store/site/status.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "deployment, device, state, status_id, exit_code, error, detail, at, stream, sequence, "
    "package_version, next_retry";

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM deployment_state {}", kColumns, rest);
}

Result<DeploymentState> decode_state(Rows& rows) {
  return DeploymentState{TRY(model::ObjectId::parse(TRY(rows.text_view(0)))),
                         static_cast<DeviceNumber>(TRY(rows.integer(1))),
                         TRY(rows.integer(2)),
                         TRY(rows.integer(3)),
                         TRY(rows.maybe_integer(4)),
                         TRY(rows.maybe_integer(5)),
                         TRY(rows.text(6)),
                         TRY(rows.time(7)),
                         TRY(rows.blob(8)),
                         TRY(rows.integer(9)),
                         TRY(rows.maybe_text(10)),
                         TRY(rows.maybe_time(11))};
}

Result<void> count(Transaction& transaction, std::string_view deployment, std::int64_t state,
                   std::int64_t by) {
  TRY(
      transaction.run("INSERT INTO deployment_summary (deployment, state, devices) "
                      "VALUES ($1, $2, $3) ON CONFLICT (deployment, state) DO UPDATE SET "
                      "devices = deployment_summary.devices + excluded.devices",
                      {deployment, state, by}));
  return {};
}

}  // namespace

Result<bool> put_deployment_state(Transaction& transaction, const DeploymentState& state) {
  const auto before = TRY(find_deployment_state(transaction, state.deployment, state.device));
  const std::int64_t changed = TRY(transaction.run(
      "INSERT INTO deployment_state (deployment, device, state, status_id, exit_code, error, "
      "detail, at, stream, sequence, package_version, next_retry) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
      "ON CONFLICT (deployment, device) DO UPDATE SET state = excluded.state, "
      "status_id = excluded.status_id, exit_code = excluded.exit_code, error = excluded.error, "
      "detail = excluded.detail, at = excluded.at, stream = excluded.stream, "
      "sequence = excluded.sequence, package_version = excluded.package_version, "
      "next_retry = excluded.next_retry WHERE CASE "
      "WHEN deployment_state.stream = excluded.stream "
      "THEN deployment_state.sequence < excluded.sequence "
      "ELSE deployment_state.at <= excluded.at END",
      {state.deployment.text(), state.device, state.state, state.status_id, state.exit_code,
       state.error, state.detail, state.at, blob(state.stream), state.sequence,
       state.package_version, state.next_retry}));
  if (changed == 0) return false;
  if (before && before->state == state.state) return true;
  if (before) TRY(count(transaction, state.deployment.text(), before->state, -1));
  TRY(count(transaction, state.deployment.text(), state.state, 1));
  return true;
}

Result<std::optional<DeploymentState>> find_deployment_state(Reader& reader,
                                                             const model::ObjectId& deployment,
                                                             DeviceNumber device) {
  static const std::string kSql = select("WHERE deployment = $1 AND device = $2");
  return reader.first(kSql, {deployment.text(), device}, decode_state);
}

Result<std::vector<DeploymentState>> deployment_states(Reader& reader,
                                                       const model::ObjectId& deployment,
                                                       std::optional<std::int64_t> state,
                                                       DeviceNumber after, std::int64_t limit) {
  static const std::string kAll =
      select("WHERE deployment = $1 AND device > $2 ORDER BY device LIMIT $3");
  static const std::string kInState =
      select("WHERE deployment = $1 AND device > $2 AND state = $4 ORDER BY device LIMIT $3");
  if (!state) return reader.all(kAll, {deployment.text(), after, limit}, decode_state);
  return reader.all(kInState, {deployment.text(), after, limit, *state}, decode_state);
}

Result<std::vector<StateCount>> count_deployment_states(Reader& reader,
                                                        const model::ObjectId& deployment) {
  return reader.all(
      "SELECT state, devices FROM deployment_summary WHERE deployment = $1 AND devices > 0 "
      "ORDER BY state",
      {deployment.text()}, [](Rows& rows) -> Result<StateCount> {
        return StateCount{TRY(rows.integer(0)), TRY(rows.integer(1))};
      });
}

Result<std::vector<DeploymentState>> deployments_of(Reader& reader, DeviceNumber device) {
  static const std::string kSql = select("WHERE device = $1 ORDER BY deployment");
  return reader.all(kSql, {device}, decode_state);
}

Result<void> uncount_device(Transaction& transaction, DeviceNumber device) {
  for (const DeploymentState& state : TRY(deployments_of(transaction, device)))
    TRY(count(transaction, state.deployment.text(), state.state, -1));
  return {};
}

Result<void> remove_deployment_states(Transaction& transaction, const model::ObjectId& deployment) {
  for (const std::string_view table : {"deployment_state", "deployment_summary"})
    TRY(transaction.run(fmt::format("DELETE FROM {} WHERE deployment = $1", table),
                        {deployment.text()}));
  return {};
}

}  // namespace muster::store
