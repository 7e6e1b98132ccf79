#include "roles/site_server/status/status_loader.h"

#include <algorithm>

#include "contract/status_report.h"
#include "model/status_ids.h"
#include "roles/site_server/client_facts.h"
#include "store/site/objects.h"
#include "store/site/status.h"

namespace muster::site_server {

Result<void> load_status_report(store::Transaction& transaction, const MessageContext& context,
                                ByteView body, InboxEffects& effects) {
  const auto report = TRY(contract::decode_status_report(body));
  if (!TRY(is_new(transaction, context))) return {};
  TRY(store::touch_device(transaction, context.device.number, context.device.client_version,
                          context.received));
  const auto sequence = static_cast<std::int64_t>(context.header.sequence);
  store::StatusMessage message;
  message.device = context.device.number;
  message.stream = context.header.stream;
  message.sequence = sequence;
  message.status_id = report.status_id;
  message.topic = fmt::format("{}", report.topic);
  message.state = report.state;
  message.deployment = report.deployment;
  message.at = report.at;
  message.received = context.received;
  message.detail = body;
  if (!report.report.empty()) message.report = TRY(from_hex(report.report));
  TRY(store::add_status_message(transaction, message));
  note_seen(context, effects);
  // Other topics may name a deployment, as a restart names who wanted it: that is no state of it.
  if (!report.deployment || report.topic != model::kTopicEnforcement) return {};
  const auto deployment = TRY(store::find_object(transaction, *report.deployment));
  if (!deployment || deployment->deleted || deployment->kind != "Deployment") return {};
  TRY(store::put_deployment_state(transaction, {.deployment = *report.deployment,
                                                .device = context.device.number,
                                                .state = report.state,
                                                .status_id = report.status_id,
                                                .exit_code = report.exit_code,
                                                .error = report.error,
                                                .detail = report.detail,
                                                // A clock that is ahead would hold its state.
                                                .at = std::min(report.at, context.received),
                                                .stream = context.header.stream,
                                                .sequence = sequence,
                                                .package_version = report.package_version,
                                                .next_retry = report.next_retry}));
  return {};
}

}  // namespace muster::site_server
