#include "roles/site_server/policy_builder/body_drafts.h"

#include "base/sha256.h"
#include "contract/objects/object.h"
#include "contract/signed_document.h"
#include "roles/site_server/errors.h"
#include "roles/site_server/policy_builder/inventory_entries.h"
#include "store/site/packages.h"
#include "store/site/policy.h"
#include "topology/https_only.h"
#include "topology/port_settings.h"

namespace muster::site_server {
namespace {

std::string distribution_point(const hosting::Site& site) {
  const auto ports =
      topology::PortSettings::from(site.settings, "").value_or(topology::PortSettings());
  const bool closed = site.settings.boolean(topology::kHttpsOnlySetting);
  const auto protocol = closed ? topology::Protocol::Https : topology::Protocol::Http;
  const auto port =
      topology::listen_port({topology::connection(15), protocol}, site.config.profile, ports);
  const std::string& host =
      site.config.hosts.empty() ? site.config.address : site.config.hosts.front();
  return fmt::format("{}://{}:{}", closed ? "https" : "http", host, port);
}

}  // namespace

model::ObjectId settings_body_id(const model::SiteCode& site) {
  return model::ObjectId::make(site, 0);
}

model::ObjectId inventory_body_id(const model::SiteCode& site) {
  return model::ObjectId::make(site, UINT32_MAX);
}

std::string_view body_kind(std::string_view kind) {
  if (kind == kSettingsKind) return "client-settings";
  if (kind == kInventoryKind) return "inventory";
  return kind == "Deployment" ? "deployment" : "collection";
}

Result<BodyDraft> DraftReader::read(const model::ObjectId& id, const std::string& kind,
                                    const Bytes* newest) {
  BodyDraft draft{.object = id, .kind = kind};
  if (kind == kSettingsKind) {
    TRY(say_settings(draft));
  } else if (kind == kInventoryKind) {
    TRY(say_inventory(draft));
  } else {
    const auto object = TRY(store::find_object(*reader_, id));
    if (!object || object->deleted) return draft;
    TRY(kind == "Deployment" ? say_deployment(*object, draft) : say_collection(*object, draft));
  }
  if (draft.payload.empty()) return draft;
  draft.payload_hash = sha256(draft.payload);
  if (newest == nullptr || *newest == draft.payload_hash) TRY(find_document(draft));
  return draft;
}

// The newest body of the object serves again while it says the same.
Result<void> DraftReader::find_document(BodyDraft& draft) const {
  auto newest = TRY(store::newest_policy_body(*reader_, draft.object));
  if (!newest || !newest->document.ends_with(draft.payload)) return {};
  // Bytes that are not those that were signed are not served again: it is signed anew.
  const auto parsed = contract::parse_signed_document(newest->document);
  if (!parsed || parsed->payload != draft.payload || sha256(newest->document) != newest->hash)
    return {};
  draft.document = std::move(newest->document);
  draft.hash = std::move(newest->hash);
  return {};
}

Result<void> DraftReader::say_settings(BodyDraft& draft) const {
  const Settings& settings = site_->settings;
  contract::ClientSettingsBody body;
  body.poll_interval = settings.duration("policy.poll_interval");
  body.heartbeat_interval = settings.duration("heartbeat.interval");
  body.inventory_interval = settings.duration("inventory.interval");
  body.class_intervals = TRY(model::parse_class_intervals(settings.text("inventory.intervals")));
  for (const model::AgentSetting& setting : model::agent_settings())
    body.agent.emplace(setting.name, settings.duration(setting.site_setting));
  body.max_age = settings.duration("policy.max_age");
  body.distribution_points = {distribution_point(*site_)};
  body.splay = settings.duration("splay");
  draft.collection = fleet::kAllSystems;
  draft.payload = contract::encode_policy_body(body);
  return {};
}

Result<void> DraftReader::say_inventory(BodyDraft& draft) const {
  const contract::InventoryBody body{TRY(inventory_entries(*reader_))};
  if (body.entries.empty()) return {};
  draft.collection = fleet::kAllSystems;
  draft.payload = contract::encode_policy_body(body);
  return {};
}

Result<void> DraftReader::say_collection(const store::Object& object, BodyDraft& draft) const {
  auto decoded =
      TRY(contract::decode_spec(contract::ObjectKind::Collection, object.name, object.spec));
  auto& collection = std::get<model::Collection>(decoded.value);
  if (collection.windows.empty() && collection.agent.empty()) return {};
  const contract::CollectionBody body{.collection = object.id,
                                      .name = object.name,
                                      .windows = std::move(collection.windows),
                                      .agent = std::move(collection.agent)};
  draft.collection = object.id.text();
  draft.payload = contract::encode_policy_body(body);
  return {};
}

Result<std::optional<std::string>> DraftReader::collection_id(const std::string& name) {
  if (name == model::kAllSystems) return std::optional(std::string(fleet::kAllSystems));
  auto known = collections_.find(name);
  if (known == collections_.end()) {
    const auto found = TRY(store::find_object(*reader_, "Collection", name));
    known =
        collections_.emplace(name, found ? std::optional(found->id.text()) : std::nullopt).first;
  }
  return known->second;
}

Result<void> DraftReader::say_deployment(const store::Object& object, BodyDraft& draft) {
  const auto decoded =
      TRY(contract::decode_spec(contract::ObjectKind::Deployment, object.name, object.spec));
  const auto& deployment = std::get<model::Deployment>(decoded.value);
  draft.packages.insert(deployment.package);
  if (!deployment.enabled) return {};
  auto program = TRY(programs_.find(deployment.package, deployment.program));
  if (!program) return {};
  auto first = TRY(programs_.run_before(
      *program, [&](const std::string& package) { draft.packages.insert(package); }));
  if (!first) return {};
  const auto collection = TRY(collection_id(deployment.collection));
  if (!collection) return {};
  std::vector<model::ObjectId> after;
  for (const std::string& name : deployment.after)
    if (const auto other = TRY(store::find_object(*reader_, "Deployment", name)))
      after.push_back(other->id);
  const auto* start = std::get_if<Timestamp>(&deployment.start);
  const auto* deadline =
      deployment.deadline ? std::get_if<Timestamp>(&*deployment.deadline) : nullptr;
  if (start == nullptr || (deployment.deadline && deadline == nullptr))
    return fail(kBadObject, "deployment {}: its start was never resolved", object.name);
  const contract::FirstProgramReference& place = program->place;
  draft.collection = *collection;
  draft.content_folders = {place.content_folder};
  for (const auto& each : *first) draft.content_folders.push_back(each.content_folder);
  draft.payload = contract::encode_policy_body(contract::DeploymentBody{
      .deployment = object.id,
      .name = object.name,
      .package = deployment.package,
      .package_version = place.package_version,
      .program = deployment.program,
      .purpose = deployment.purpose,
      .start = *start,
      .deadline = deadline != nullptr ? std::optional(*deadline) : std::nullopt,
      .schedules = deployment.schedules,
      .events = deployment.events,
      .after = std::move(after),
      .expires = deployment.expires,
      .rerun = deployment.rerun,
      .notice = deployment.notice,
      .ignore_windows = deployment.ignore_windows,
      .entry = place.entry,
      .content_folder = place.content_folder,
      .persist = place.persist,
      .first = *std::move(first)});
  return {};
}

}  // namespace muster::site_server
