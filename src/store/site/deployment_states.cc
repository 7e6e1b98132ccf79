#include "store/site/status.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "deployment, device, state, status_id, exit_code, error, detail, at, stream, sequence";

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
                         TRY(rows.integer(9))};
}

}  // namespace

Result<bool> put_deployment_state(Transaction& transaction, const DeploymentState& state) {
  const std::int64_t changed = TRY(transaction.run(
      "INSERT INTO deployment_state (deployment, device, state, status_id, exit_code, error, "
      "detail, at, stream, sequence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
      "ON CONFLICT (deployment, device) DO UPDATE SET state = excluded.state, "
      "status_id = excluded.status_id, exit_code = excluded.exit_code, error = excluded.error, "
      "detail = excluded.detail, at = excluded.at, stream = excluded.stream, "
      "sequence = excluded.sequence WHERE CASE "
      "WHEN deployment_state.stream = excluded.stream "
      "THEN deployment_state.sequence < excluded.sequence "
      "ELSE deployment_state.at <= excluded.at END",
      {state.deployment.text(), state.device, state.state, state.status_id, state.exit_code,
       state.error, state.detail, state.at, blob(state.stream), state.sequence}));
  return changed > 0;
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
      "SELECT state, COUNT(*) FROM deployment_state WHERE deployment = $1 "
      "GROUP BY state ORDER BY state",
      {deployment.text()}, [](Rows& rows) -> Result<StateCount> {
        return StateCount{TRY(rows.integer(0)), TRY(rows.integer(1))};
      });
}

Result<std::vector<DeploymentState>> deployments_of(Reader& reader, DeviceNumber device) {
  static const std::string kSql = select("WHERE device = $1 ORDER BY deployment");
  return reader.all(kSql, {device}, decode_state);
}

}  // namespace muster::store
