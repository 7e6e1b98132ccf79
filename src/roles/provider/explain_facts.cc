// What an explanation rests on, out of the database and the index.
#include <algorithm>

#include "contract/objects/object.h"
#include "contract/policy.h"
#include "contract/signed_document.h"
#include "hosting/boundary_map.h"
#include "model/client_states.h"
#include "model/spread.h"
#include "roles/provider/answers.h"
#include "roles/provider/device_agent.h"
#include "roles/provider/devices_api.h"
#include "roles/provider/errors.h"
#include "roles/provider/explain.h"
#include "roles/provider/order_checks.h"
#include "store/site/fallback.h"
#include "store/site/objects.h"
#include "store/site/policy.h"
#include "store/site/status.h"

namespace muster::provider {
namespace {

constexpr std::int64_t kFallbackMessages = 1000;

bool is_of_the_link(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("169.254.") || address == "::1" ||
         address.starts_with("fe80:");
}

Result<void> gather_policy(hosting::Site& site, store::Reader& reader,
                           const store::Object& deployment, store::DeviceNumber device,
                           ExplainFacts& facts) {
  const auto body = TRY(store::newest_policy_body(reader, deployment.id));
  facts.body_signed = body.has_value();
  facts.agent = TRY(device_agent(site, reader, device));
  const auto stored = TRY(store::find_policy_header(reader, device));
  if (!stored) return {};
  facts.header_expires = stored->expires;
  const auto framed = TRY(contract::parse_signed_document(stored->document));
  const auto header = TRY(contract::decode_policy_header(framed.payload));
  for (const auto& named : header.bodies)
    if (body && to_hex(body->hash) == named.sha256) facts.header_with = stored->issued;
  return {};
}

Result<void> gather_reports(store::Reader& reader, const model::ObjectId& deployment,
                            store::DeviceNumber device, ExplainFacts& facts) {
  store::StatusFilter filter;
  filter.device = device;
  // Newest first, as far back as one deployment's story goes.
  for (const auto& message : TRY(store::list_status_messages(reader, filter, 0, 1000))) {
    auto report = contract::decode_status_report(message.detail);
    if (!report) continue;
    if (report->deployment == deployment) {
      facts.reports.insert(facts.reports.begin(), *report);
    } else if (!report->deployment) {
      facts.policy_reports.insert(facts.policy_reports.begin(), *report);
    }
  }
  return {};
}

Result<void> gather_membership(hosting::Site& site, store::Reader& reader,
                               const model::ObjectId& collection, store::DeviceNumber device,
                               ExplainFacts& facts) {
  const auto standing = site.fleet.standing_of(collection.text(), device);
  if (!standing) return {};
  facts.standing = standing->kind;
  facts.kept_out_by = standing->by;
  if (standing->by == fleet::kAllSystems || standing->by.empty()) return {};
  if (const auto other = TRY(store::find_object(reader, TRY(model::ObjectId::parse(standing->by)))))
    facts.kept_out_by = other->name;
  return {};
}

// What the deployment's program wants before it runs.
Result<void> gather_program(store::Reader& reader, ExplainFacts& facts) {
  const auto note_retired = [&](const std::string& name) -> Result<void> {
    const auto package = TRY(stored_package(reader, name));
    if (!package || !package->retired || facts.retired) return {};
    facts.retired = true;
    facts.retired_package = name;
    return {};
  };
  TRY(note_retired(facts.spec.package));
  facts.first = TRY(first_programs(reader, facts.spec.package, facts.spec.program));
  for (const model::RunFirst& first : facts.first) TRY(note_retired(first.package));
  const auto package = TRY(stored_package(reader, facts.spec.package));
  const auto* program = package ? package->program(facts.spec.program) : nullptr;
  facts.has_requirements = program && (program->disk_bytes > 0 || !program->platforms.empty());
  return {};
}

// The addresses of the device that lead somewhere, and the boundaries that hold them.
Result<void> gather_places(hosting::Site& site, store::Reader& reader, store::DeviceNumber device,
                           ExplainFacts& facts) {
  const auto map = TRY(hosting::read_boundaries(reader));
  facts.has_boundaries = !map.empty();
  const auto rows = site.fleet.rows(device);
  if (!facts.has_boundaries || !rows) return {};
  for (const model::ClassRows& of_class : rows->classes) {
    if (of_class.type->name != "IPAddress") continue;
    const auto column = of_class.type->column("Address");
    for (const model::Row& row : of_class.rows) {
      const auto* text = std::get_if<std::string>(&row[*column]);
      const auto address = text != nullptr ? model::IpAddress::parse(*text)
                                           : Result<model::IpAddress>(fail(kNoSuchThing, ""));
      if (!address || is_of_the_link(*text)) continue;
      const auto* found = map.find(*address);
      facts.places.push_back({*text, found ? model::full_name(found->boundary) : std::string(),
                              found ? found->site.text() : std::string()});
    }
  }
  return {};
}

// The newest of what anybody said in the device's name since it was heard of.
Result<void> gather_fallback(store::Reader& reader, const store::Device& device,
                             ExplainFacts& facts) {
  for (const auto& message : TRY(store::list_fallback_messages(reader, 0, kFallbackMessages))) {
    if (message.client != device.id.text()) continue;
    if (facts.last_contact && message.received <= *facts.last_contact) return {};
    const auto meaning = model::client_state_meaning(static_cast<unsigned>(message.topic),
                                                     static_cast<unsigned>(message.state));
    facts.fallback = ExplainFacts::Claim{message.received, std::string(meaning)};
    if (message.cause != 0) facts.fallback->meaning += fmt::format(" (M{})", message.cause);
    return {};
  }
  return {};
}

Result<ExplainFacts> gather(hosting::Site& site, store::Reader& reader, std::string_view device,
                            std::string_view deployment) {
  const auto known = TRY(named_device(reader, device));
  const auto object = TRY(store::find_object(reader, "Deployment", deployment));
  if (!object) return fail(kNoSuchThing, "deployment {}", deployment.substr(0, 80));
  const auto decoded =
      TRY(contract::decode_spec(contract::ObjectKind::Deployment, object->name, object->spec));
  const auto& spec = std::get<model::Deployment>(decoded.value);
  ExplainFacts facts;
  facts.device = known.name;
  facts.deployment = object->name;
  facts.state = known.state;
  facts.enrolled = known.enrolled;
  facts.last_seen = known.last_seen;
  facts.last_contact = std::max(known.last_seen, site.contacts.last(known.id.text()));
  facts.inventory_at = known.inventory_at;
  facts.collection = spec.collection;
  facts.all_systems = spec.collection == model::kAllSystems;
  facts.spec = spec;
  if (const auto* start = std::get_if<Timestamp>(&spec.start)) facts.start = *start;
  if (!facts.all_systems) {
    const auto collection = TRY(store::find_object(reader, "Collection", spec.collection));
    if (collection) TRY(gather_membership(site, reader, collection->id, known.number, facts));
  }
  TRY(gather_program(reader, facts));
  facts.offset =
      model::start_offset(known.id.text(), object->id.text(), site.settings.duration("splay"));
  TRY(gather_policy(site, reader, *object, known.number, facts));
  TRY(gather_reports(reader, object->id, known.number, facts));
  TRY(gather_places(site, reader, known.number, facts));
  TRY(gather_fallback(reader, known, facts));
  return facts;
}

}  // namespace

Result<net::Response> explain_deployment(hosting::Site& site, hosting::Call& call) {
  const auto facts = TRY(site.database->read([&](store::Reader& reader) {
    return gather(site, reader, call.captures[0], call.captures[1]);
  }));
  return json_answer(200, contract::encode_explanation(explain(facts, call.now)));
}

}  // namespace muster::provider
