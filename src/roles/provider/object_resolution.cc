#include "roles/provider/object_resolution.h"

#include "contract/objects/errors.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "store/site/apply_sets.h"
#include "store/site/device_names.h"

namespace muster::provider {
namespace {

using contract::AnyObject;
using contract::ObjectKind;

Result<void> resolve_times(AnyObject& object, const std::optional<store::Object>& before,
                           Timestamp now) {
  auto* deployment = std::get_if<model::Deployment>(&object.value);
  if (!deployment) return {};
  if (before) {
    const auto stored =
        TRY(contract::decode_spec(ObjectKind::Deployment, before->name, before->spec));
    const auto& old = std::get<model::Deployment>(stored.value);
    if (std::holds_alternative<model::Now>(deployment->start)) deployment->start = old.start;
    if (deployment->deadline && std::holds_alternative<model::Now>(*deployment->deadline) &&
        old.deadline)
      deployment->deadline = old.deadline;
  }
  *deployment = TRY(model::resolved_deployment(std::move(*deployment), now));
  return {};
}

// A rule that names a device is kept by the device's id: names are what devices say of themselves.
Result<void> resolve_devices(store::Reader& reader, AnyObject& object) {
  auto* collection = std::get_if<model::Collection>(&object.value);
  if (!collection) return {};
  for (model::Rule& rule : collection->rules)
    if (auto* named = std::get_if<model::DeviceRule>(&rule))
      named->device = TRY(named_device(reader, named->device)).id.text();
  return {};
}

Result<std::string> shown_device(store::Reader& reader, const std::string& id) {
  const auto parsed = model::DeviceId::parse(id);
  if (!parsed) return id;
  const auto device = TRY(store::find_device(reader, *parsed));
  if (!device) return id;
  const auto namesakes = TRY(store::devices_named(reader, device->name));
  return namesakes.size() == 1 ? device->name : id;
}

}  // namespace

Result<void> resolve_object(store::Reader& reader, AnyObject& object,
                            const std::optional<store::Object>& before, Timestamp now) {
  TRY(resolve_times(object, before, now));
  return resolve_devices(reader, object);
}

Result<AnyObject> shown_object(store::Reader& reader, const store::Object& object) {
  const auto kind = contract::parse_object_kind(object.kind);
  if (!kind) return fail(kNoSuchThing, "kind {}", object.kind);
  AnyObject any = TRY(contract::decode_spec(*kind, object.name, object.spec));
  any.server = {object.id, object.site, static_cast<std::uint64_t>(object.serial)};
  any.apply_set = TRY(store::apply_set_of(reader, object.id));
  if (auto* collection = std::get_if<model::Collection>(&any.value))
    for (model::Rule& rule : collection->rules)
      if (auto* named = std::get_if<model::DeviceRule>(&rule))
        named->device = TRY(shown_device(reader, named->device));
  return any;
}

Result<void> check_set(const AnyObject& submitted, const std::optional<std::string>& before,
                       bool take_over) {
  if (!submitted.apply_set || !before || before == submitted.apply_set || take_over) return {};
  return fail(contract::kObjectSet, "{} {} belongs to the set {}, not to {}",
              contract::to_text(submitted.kind()), submitted.name(), *before, *submitted.apply_set);
}

}  // namespace muster::provider
