#include "roles/provider/deployment_status.h"

#include <algorithm>
#include <charconv>

#include "contract/api.h"
#include "contract/deployment_status.h"
#include "contract/objects/object.h"
#include "model/deployment_states.h"
#include "roles/provider/answers.h"
#include "roles/provider/errors.h"
#include "store/site/devices.h"
#include "store/site/status.h"

namespace muster::provider {
namespace {

constexpr std::string_view kSilent = "silent";

// The id of what a deployment is to, as the fleet index knows it.
Result<std::string> collection_of(store::Reader& reader, const store::Object& deployment) {
  const auto any = TRY(
      contract::decode_spec(contract::ObjectKind::Deployment, deployment.name, deployment.spec));
  const std::string& name = std::get<model::Deployment>(any.value).collection;
  if (name == model::kAllSystems) return std::string(fleet::kAllSystems);
  const auto collection = TRY(store::find_object(reader, "Collection", name));
  return collection ? collection->id.text() : std::string();
}

std::string state_text(std::int64_t state) {
  const auto name = model::deployment_state_name(static_cast<unsigned>(state));
  return name.empty() ? fmt::format("{}", state) : std::string(name);
}

Result<Bytes> view_of(store::Reader& reader, store::DeviceNumber device,
                      const store::DeploymentState* state) {
  const auto known = TRY(store::find_device(reader, device));
  contract::DeploymentDeviceView view;
  view.device = known ? known->name : fmt::format("number {}", device);
  view.state = kSilent;
  if (state) {
    view.state = state_text(state->state);
    view.at = state->at;
    view.package_version = state->package_version.value_or("");
    view.exit_code = state->exit_code;
    view.detail = state->detail;
    view.next = state->next_retry;
  }
  return contract::encode_deployment_device(view);
}

struct Wanted {
  std::optional<std::int64_t> state;
  bool silent = true;
  bool spoken = true;
};

Result<Wanted> wanted_state(const hosting::Call& call) {
  const std::string text = call.query("state");
  if (text.empty()) return Wanted{};
  if (text == kSilent) return Wanted{.state = {}, .silent = true, .spoken = false};
  if (const auto state = model::parse_deployment_state(text))
    return Wanted{.state = *state, .silent = false, .spoken = true};
  std::string known(kSilent);
  for (const auto& each : model::deployment_states()) known += ", " + std::string(each.name);
  return fail(kBadRequest, "state '{}'; there are {}", text.substr(0, 60), known);
}

}  // namespace

Result<void> add_deployment_status(hosting::Site& site, store::Reader& reader,
                                   const store::Object& deployment, wire::Node& status) {
  const auto members = site.fleet.member_count(TRY(collection_of(reader, deployment)));
  contract::add_state_count(status, contract::kTargetsKey,
                            members ? static_cast<std::int64_t>(*members) : 0);
  const auto counts = TRY(store::count_deployment_states(reader, deployment.id));
  for (const auto& each : model::deployment_states()) {
    const auto found = std::ranges::find(counts, each.state, &store::StateCount::state);
    contract::add_state_count(status, each.key, found == counts.end() ? 0 : found->devices);
  }
  return {};
}

Result<net::Response> list_deployment_devices(hosting::Site& site, hosting::Call& call) {
  const auto limit = TRY(page_limit(call));
  const std::string cursor = TRY(read_cursor(call));
  store::DeviceNumber after = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), after);
  const Wanted wanted = TRY(wanted_state(call));
  return site.database->read([&](store::Reader& reader) -> Result<net::Response> {
    const auto object = TRY(store::find_object(reader, "Deployment", call.captures[0]));
    if (!object) return fail(kNoSuchThing, "deployment {}", call.captures[0].substr(0, 80));
    // By device: states, and between them the members that have none.
    const auto states =
        TRY(store::deployment_states(reader, object->id, wanted.state, after, limit));
    std::vector<store::DeviceNumber> members;
    if (wanted.silent)
      if (auto all = site.fleet.members(TRY(collection_of(reader, *object))))
        members = *std::move(all);
    auto member = std::ranges::upper_bound(members, after);
    auto state = states.begin();
    std::vector<Bytes> items;
    store::DeviceNumber last = after;
    while (items.size() < static_cast<std::size_t>(limit) &&
           (state != states.end() || member != members.end())) {
      const bool speaks =
          state != states.end() && (member == members.end() || state->device <= *member);
      // States end with the page: a member behind the last of them may have one.
      if (!speaks && states.size() == static_cast<std::size_t>(limit) &&
          *member > states.back().device)
        break;
      last = speaks ? state->device : *member;
      if (speaks && wanted.spoken) items.push_back(TRY(view_of(reader, last, &*state)));
      if (!speaks) items.push_back(TRY(view_of(reader, last, nullptr)));
      while (member != members.end() && *member <= last) ++member;
      if (speaks) ++state;
    }
    const bool more = state != states.end() || member != members.end() ||
                      states.size() == static_cast<std::size_t>(limit);
    return json_answer(
        200, contract::encode_page(items, more ? make_cursor(fmt::format("{}", last)) : ""));
  });
}

}  // namespace muster::provider
