// What devices report: the state of each deployment, and status messages.
#pragma once

#include "model/ids.h"
#include "store/site/devices.h"

namespace muster::store {

struct DeploymentState {
  model::ObjectId deployment;
  DeviceNumber device;
  std::int64_t state;  // of model/'s deployment states
  std::int64_t status_id;
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> error;
  std::string detail;
  Timestamp at;
  Bytes stream;
  std::int64_t sequence;  // of the message that said so
  std::optional<std::string> package_version{};
  std::optional<Timestamp> next_retry{};
};

// Keeps the latest: within a stream by sequence, across streams by time. False when what is there
// is as late or later. The counts of states follow in the same transaction.
Result<bool> put_deployment_state(Transaction& transaction, const DeploymentState& state);
Result<std::optional<DeploymentState>> find_deployment_state(Reader& reader,
                                                             const model::ObjectId& deployment,
                                                             DeviceNumber device);
// By device, those after `after`; with `state` only those in it.
Result<std::vector<DeploymentState>> deployment_states(Reader& reader,
                                                       const model::ObjectId& deployment,
                                                       std::optional<std::int64_t> state,
                                                       DeviceNumber after, std::int64_t limit);
// How many devices are in each state that has any; kept, not counted anew.
struct StateCount {
  std::int64_t state;
  std::int64_t devices;
};
Result<std::vector<StateCount>> count_deployment_states(Reader& reader,
                                                        const model::ObjectId& deployment);
Result<std::vector<DeploymentState>> deployments_of(Reader& reader, DeviceNumber device);
// Takes a device that is about to be deleted out of the counts.
Result<void> uncount_device(Transaction& transaction, DeviceNumber device);
// Of a deployment that was deleted: its states and their counts.
Result<void> remove_deployment_states(Transaction& transaction, const model::ObjectId& deployment);

struct StatusMessage {
  std::int64_t number = 0;  // given by add_status_message, rises
  DeviceNumber device;
  Bytes stream;
  std::int64_t sequence;
  std::int64_t status_id;
  std::string topic;
  std::optional<std::int64_t> state;
  std::optional<model::ObjectId> deployment;
  Timestamp at;
  Timestamp received;
  Bytes detail;                 // JSON text
  std::optional<Bytes> report;  // the same for a report that the device made again
};

// Nothing when the same (device, stream, sequence) or (device, report) is there already, the number
// otherwise.
Result<std::optional<std::int64_t>> add_status_message(Transaction& transaction,
                                                       const StatusMessage& message);
// Nothing set: all.
struct StatusFilter {
  std::optional<DeviceNumber> device;
  std::optional<model::ObjectId> deployment;
  std::optional<std::int64_t> status_id;
};
// Newest first, those with a number below `before` (0: from the newest on).
Result<std::vector<StatusMessage>> list_status_messages(Reader& reader, const StatusFilter& filter,
                                                        std::int64_t before, std::int64_t limit);
// Those after `number`, oldest first.
Result<std::vector<StatusMessage>> status_messages_after(Reader& reader, std::int64_t number,
                                                         std::int64_t limit);
// Forgets those received before `moment`; returns how many.
Result<std::int64_t> remove_status_messages(Transaction& transaction, Timestamp moment);

}  // namespace muster::store
