#include "contract/policy_view.h"

#include "contract/fields.h"

namespace muster::contract {

Bytes encode_policy_view(const PolicyView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("device").string(view.device);
  w.key(kPartsMember).array();
  for (const PolicyPart& each : view.parts) {
    w.object();
    w.key("part").string(each.part);
    w.key("says").string(each.says);
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

std::span<const ApiColumn> policy_columns() {
  static constexpr ApiColumn kColumns[] = {{"PART", "part"}, {"SAYS", "says"}};
  return kColumns;
}

Bytes encode_trigger_view(const TriggerView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("device").string(view.device);
  w.key("cycle").string(view.cycle);
  w.key("told").boolean(view.told);
  if (view.last_contact) w.key("lastContact").string(to_text(*view.last_contact));
  w.end();
  return std::move(w).take();
}

Result<TriggerView> decode_trigger_view(ByteView json) {
  const auto document = TRY(wire::JsonDocument::parse(json));
  const wire::Json root = document.root();
  TriggerView view;
  view.device = TRY(text_field(root, "device"));
  view.cycle = TRY(text_field(root, "cycle"));
  view.told = TRY(truth_field(root, "told"));
  view.last_contact = TRY(optional_time_field(root, "lastContact"));
  return view;
}

Bytes encode_collection_trigger_view(const CollectionTriggerView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("collection").string(view.collection);
  w.key("cycle").string(view.cycle);
  w.key("told").number(view.told);
  w.key("waiting").number(view.waiting);
  w.end();
  return std::move(w).take();
}

Result<CollectionTriggerView> decode_collection_trigger_view(ByteView json) {
  const auto document = TRY(wire::JsonDocument::parse(json));
  const wire::Json root = document.root();
  CollectionTriggerView view;
  view.collection = TRY(text_field(root, "collection"));
  view.cycle = TRY(text_field(root, "cycle"));
  view.told = TRY(number_field(root, "told"));
  view.waiting = TRY(number_field(root, "waiting"));
  return view;
}

}  // namespace muster::contract
