#include "roles/site_server/policy_builder/policy_builder.h"

#include <algorithm>

#include "base/log.h"
#include "base/sha256.h"
#include "contract/objects/object.h"
#include "contract/signed_document.h"
#include "roles/site_server/errors.h"
#include "roles/site_server/policy_builder/inventory_entries.h"
#include "roles/site_server/program_reference.h"
#include "store/site/packages.h"
#include "store/site/policy.h"
#include "store/site/settings.h"
#include "topology/https_only.h"
#include "topology/port_settings.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kRenewalsAtOnce = 4096;

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

// Everything that a header says but its version and times: equal content needs no new header.
Bytes content_hash(const contract::PolicyHeader& header) {
  contract::PolicyHeader content = header;
  content.version = 0;
  content.issued = content.expires = Timestamp{0};
  return sha256(contract::encode_policy_header(content));
}

}  // namespace

Result<std::vector<store::DeviceNumber>> PolicyBuilder::members(
    const std::string& collection) const {
  auto found = site_->fleet.members(collection);
  if (!found) return std::vector<store::DeviceNumber>();  // deleted meanwhile
  return *std::move(found);
}

Result<contract::BodyReference> PolicyBuilder::signed_body(std::string_view kind,
                                                           const model::ObjectId& object,
                                                           ByteView payload) {
  // The newest body of the object serves again while it says the same.
  const auto known =
      TRY(site_->database->read([&](store::Reader& reader) -> Result<std::optional<Bytes>> {
        const auto body = TRY(store::newest_policy_body(reader, object));
        // Bytes that are not those that were signed are not served again: it is signed anew.
        const bool intact = body && sha256(body->document) == body->hash;
        return intact ? std::optional(body->document) : std::optional<Bytes>();
      }));
  Bytes document;
  if (known) {
    const auto parsed = contract::parse_signed_document(*known);
    if (parsed && parsed->payload == payload) document = *known;
  }
  if (document.empty()) {
    document = TRY(site_->signer.sign_document(contract::SignedType::PolicyBody, payload));
    TRY(site_->database->write([&](store::Transaction& transaction) {
      return store::add_policy_body(
          transaction, {sha256(document), std::string(kind), object, document}, site_->clock.now());
    }));
  }
  const std::string hash = sha256_hex(document);
  const std::uint64_t size = document.size();
  site_->shelf.put_body(hash, std::make_shared<const Bytes>(std::move(document)));
  return contract::BodyReference{hash, size};
}

Result<void> PolicyBuilder::make_settings_body(std::set<store::DeviceNumber>& dirty) {
  contract::ClientSettingsBody body;
  body.poll_interval = site_->settings.duration("policy.poll_interval");
  body.heartbeat_interval = site_->settings.duration("heartbeat.interval");
  body.inventory_interval = site_->settings.duration("inventory.interval");
  body.class_intervals =
      TRY(model::parse_class_intervals(site_->settings.text("inventory.intervals")));
  for (const model::AgentSetting& setting : model::agent_settings())
    body.agent.emplace(setting.name, site_->settings.duration(setting.site_setting));
  body.max_age = site_->settings.duration("policy.max_age");
  body.distribution_points = {distribution_point(*site_)};
  body.splay = site_->settings.duration("splay");
  const auto reference =
      TRY(signed_body("client-settings", model::ObjectId::make(site_->config.site, 0),
                      contract::encode_policy_body(body)));
  if (settings_body_ && settings_body_->reference == reference) return {};
  settings_body_ = Body{reference, std::string(fleet::kAllSystems), {}};
  for (const auto device : TRY(members(std::string(fleet::kAllSystems)))) dirty.insert(device);
  return {};
}

Result<void> PolicyBuilder::make_inventory_body(std::set<store::DeviceNumber>& dirty) {
  const contract::InventoryBody body{TRY(site_->database->read(inventory_entries))};
  std::optional<Body> next;
  if (!body.entries.empty()) {
    const auto reference = TRY(signed_body("inventory", inventory_body_id(site_->config.site),
                                           contract::encode_policy_body(body)));
    next = Body{reference, std::string(fleet::kAllSystems), {}};
  }
  const bool same = next.has_value() == inventory_body_.has_value() &&
                    (!next || next->reference == inventory_body_->reference);
  inventory_body_ = std::move(next);
  if (same) return {};
  for (const auto device : TRY(members(std::string(fleet::kAllSystems)))) dirty.insert(device);
  return {};
}

Result<std::optional<contract::DeploymentBody>> PolicyBuilder::body_of(const store::Object& object,
                                                                       std::string& collection) {
  const auto decoded =
      TRY(contract::decode_spec(contract::ObjectKind::Deployment, object.name, object.spec));
  const auto& deployment = std::get<model::Deployment>(decoded.value);
  by_package_[deployment.package].insert(object.id);
  using Found = std::optional<contract::DeploymentBody>;
  if (!deployment.enabled) return Found();
  return site_->database->read([&](store::Reader& reader) -> Result<Found> {
    auto program = TRY(program_reference(reader, deployment.package, deployment.program));
    if (!program) return Found();
    auto first = TRY(first_references(reader, *program, [&](const std::string& package) {
      by_package_[package].insert(object.id);
    }));
    if (!first) return Found();
    if (deployment.collection == model::kAllSystems) {
      collection = fleet::kAllSystems;
    } else {
      const auto target = TRY(store::find_object(reader, "Collection", deployment.collection));
      if (!target) return Found();
      collection = target->id.text();
    }
    std::vector<model::ObjectId> after;
    for (const std::string& name : deployment.after)
      if (const auto other = TRY(store::find_object(reader, "Deployment", name)))
        after.push_back(other->id);
    const auto* start = std::get_if<Timestamp>(&deployment.start);
    const auto* deadline =
        deployment.deadline ? std::get_if<Timestamp>(&*deployment.deadline) : nullptr;
    if (start == nullptr || (deployment.deadline && deadline == nullptr))
      return fail(kBadObject, "deployment {}: its start was never resolved", object.name);
    contract::FirstProgramReference& place = program->place;
    return Found(contract::DeploymentBody{
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
  });
}

Result<void> PolicyBuilder::make_deployment_body(const store::Object& object,
                                                 std::set<store::DeviceNumber>& dirty) {
  std::string collection;
  const auto body = TRY(body_of(object, collection));
  const auto before = bodies_.find(object.id);
  if (before != bodies_.end())
    for (const auto device : TRY(members(before->second.collection))) dirty.insert(device);
  if (!body) {
    bodies_.erase(object.id);
    return {};
  }
  const auto reference =
      TRY(signed_body("deployment", object.id, contract::encode_policy_body(*body)));
  for (const auto device : TRY(members(collection))) dirty.insert(device);
  std::vector<std::string> folders = {body->content_folder};
  for (const auto& first : body->first) folders.push_back(first.content_folder);
  bodies_.insert_or_assign(object.id, Body{reference, collection, std::move(folders)});
  return {};
}

Result<void> PolicyBuilder::make_collection_body(const store::Object& object,
                                                 std::set<store::DeviceNumber>& dirty) {
  const auto made = sign_collection(object, dirty);
  if (!made) {
    unsigned_.insert(object.id);
    return fail(made.error());
  }
  if (unsigned_.erase(object.id) > 0)
    for (const auto device : TRY(members(object.id.text()))) dirty.insert(device);
  return {};
}

Result<void> PolicyBuilder::sign_collection(const store::Object& object,
                                            std::set<store::DeviceNumber>& dirty) {
  const auto decoded =
      TRY(contract::decode_spec(contract::ObjectKind::Collection, object.name, object.spec));
  const auto& collection = std::get<model::Collection>(decoded.value);
  if (collection.windows.empty() && collection.agent.empty())
    return forget_collection(object.id, dirty);
  contract::CollectionBody body{.collection = object.id,
                                .name = object.name,
                                .windows = collection.windows,
                                .agent = collection.agent};
  const auto reference =
      TRY(signed_body("collection", object.id, contract::encode_policy_body(body)));
  const auto known = said_.find(object.id);
  if (known != said_.end() && known->second.reference == reference) return {};
  said_.insert_or_assign(object.id, Body{reference, object.id.text(), {}});
  for (const auto device : TRY(members(object.id.text()))) dirty.insert(device);
  return {};
}

Result<void> PolicyBuilder::forget_collection(const model::ObjectId& collection,
                                              std::set<store::DeviceNumber>& dirty) {
  if (said_.erase(collection) + unsigned_.erase(collection) == 0) return {};
  for (const auto device : TRY(members(collection.text()))) dirty.insert(device);
  return {};
}

void PolicyBuilder::follow(const store::Change& change, std::set<store::DeviceNumber>& dirty) {
  const auto followed = try_to_follow(change.kind, change.id, dirty);
  if (followed)
    kept_.erase(change.id);
  else
    keep(change.kind, change.id, followed.error());
}

void PolicyBuilder::keep(const std::string& kind, const model::ObjectId& id, const Error& error) {
  kept_.insert_or_assign(id, kind);
  log::failure(log::Level::Error, "policy.change.failed", error,
               {{"kind", kind}, {"id", id.text()}});
}

void PolicyBuilder::retry(std::set<store::DeviceNumber>& dirty) {
  std::erase_if(kept_, [&](const auto& kept) {
    const auto& [id, kind] = kept;
    if (!try_to_follow(kind, id, dirty)) return false;
    log::info("policy.change.followed", "a change was followed that could not be before",
              {{"kind", kind}, {"id", id.text()}});
    return true;
  });
}

Result<void> PolicyBuilder::try_to_follow(const std::string& kind, const model::ObjectId& id,
                                          std::set<store::DeviceNumber>& dirty) {
  if (kind == "Deployment") {
    const auto object = TRY(site_->database->read(
        [&](store::Reader& reader) { return store::find_object(reader, id); }));
    if (object && !object->deleted) return make_deployment_body(*object, dirty);
    const auto known = bodies_.find(id);
    if (known == bodies_.end()) return {};
    for (const auto device : TRY(members(known->second.collection))) dirty.insert(device);
    bodies_.erase(known);
    return {};
  }
  if (kind == "Collection") {
    const auto object = TRY(site_->database->read(
        [&](store::Reader& reader) { return store::find_object(reader, id); }));
    if (object && !object->deleted) return make_collection_body(*object, dirty);
    return forget_collection(id, dirty);
  }
  if (kind == "InventoryClass" || kind == "FileCollection") return make_inventory_body(dirty);
  if (kind != "Package") return {};
  const auto package = TRY(
      site_->database->read([&](store::Reader& reader) { return store::find_object(reader, id); }));
  if (!package) return {};
  // One that fails is no reason for the others to stay as they were.
  Result<void> all;
  for (const model::ObjectId& user : std::set(by_package_[package->name])) {
    const auto object = TRY(site_->database->read(
        [&](store::Reader& reader) { return store::find_object(reader, user); }));
    if (!object || object->deleted) continue;
    if (const auto made = make_deployment_body(*object, dirty); !made && all)
      all = fail(made.error());
  }
  return all;
}

Result<std::optional<PolicyBuilder::NewHeader>> PolicyBuilder::header_for(
    store::Reader& reader, store::DeviceNumber device, Timestamp now) const {
  const auto known = TRY(store::find_device(reader, device));
  if (!known || known->state != store::DeviceState::Active) return std::optional<NewHeader>();
  NewHeader out{.header = {.site = site_->config.site,
                           .device = known->id,
                           .epoch = epoch_,
                           .version = 0,
                           .issued = now,
                           .expires = now + site_->settings.duration("policy.header_life"),
                           .inventory_resync = static_cast<std::uint64_t>(known->resync),
                           .catalogue_root = catalogue_root_,
                           .bodies = {}},
                .device = device,
                .content_hash = {},
                .folders = {}};
  if (settings_body_) out.header.bodies.push_back(settings_body_->reference);
  if (inventory_body_) out.header.bodies.push_back(inventory_body_->reference);
  const auto collections = site_->fleet.collections_of(device);
  if (collections && std::ranges::any_of(unsigned_, [&](const model::ObjectId& id) {
        return std::ranges::find(*collections, id.text()) != collections->end();
      }))
    return std::optional<NewHeader>();
  for (const auto& [id, body] : bodies_) {
    if (!collections || std::ranges::find(*collections, body.collection) == collections->end())
      continue;
    out.header.bodies.push_back(body.reference);
    out.folders.insert(out.folders.end(), body.content_folders.begin(), body.content_folders.end());
  }
  for (const auto& [id, body] : said_)
    if (collections && std::ranges::find(*collections, body.collection) != collections->end())
      out.header.bodies.push_back(body.reference);
  out.content_hash = content_hash(out.header);
  const auto stored = TRY(store::find_policy_header(reader, device));
  const bool fresh = stored && now < stored->issued + (stored->expires - stored->issued) / 2;
  // A device that was blocked while the site started is not on the shelf, whatever is stored.
  const bool served = site_->shelf.header(known->id.text()) != nullptr;
  if (fresh && served && stored->content_hash == out.content_hash)
    return std::optional<NewHeader>();
  return std::optional(std::move(out));
}

Result<void> PolicyBuilder::build(const std::set<store::DeviceNumber>& devices) {
  const Timestamp now = site_->clock.now();
  std::vector<NewHeader> headers;
  TRY(site_->database->read([&](store::Reader& reader) -> Result<void> {
    for (const auto device : devices)
      if (auto header = TRY(header_for(reader, device, now))) headers.push_back(*std::move(header));
    return {};
  }));
  if (headers.empty()) return {};
  // Versions are taken, durably, before the signer sees them: it refuses what goes back.
  const auto first = TRY(site_->database->write([&](store::Transaction& transaction) {
    return store::take_counter(transaction, store::Counter::Policy,
                               static_cast<std::int64_t>(headers.size()));
  }));
  for (std::size_t i = 0; i < headers.size(); ++i)
    headers[i].header.version = static_cast<std::uint64_t>(first) + i;
  return publish(std::move(headers));
}

Result<void> PolicyBuilder::publish(std::vector<NewHeader> headers) {
  std::vector<contract::signer::SignPolicyHeader> requests;
  requests.reserve(headers.size());
  for (const NewHeader& each : headers)
    requests.push_back({each.header.device, each.header.epoch, each.header.version,
                        contract::encode_policy_header(each.header)});
  auto documents = TRY(site_->signer.sign_policy_headers(std::move(requests)));
  site_->figures->policy_headers.add(documents.size());
  TRY(site_->database->write([&](store::Transaction& transaction) -> Result<void> {
    for (std::size_t i = 0; i < headers.size(); ++i) {
      const contract::PolicyHeader& header = headers[i].header;
      TRY(store::put_policy_header(transaction,
                                   {.device = headers[i].device,
                                    .epoch = static_cast<std::int64_t>(header.epoch),
                                    .version = static_cast<std::int64_t>(header.version),
                                    .content_hash = headers[i].content_hash,
                                    .issued = header.issued,
                                    .expires = header.expires,
                                    .document = documents[i]}));
    }
    return {};
  }));
  for (std::size_t i = 0; i < headers.size(); ++i) {
    shelve(headers[i].header, std::move(headers[i].folders), std::move(documents[i]));
    // Behind the shelf: who asks in between finds the new one.
    site_->nudges.policy_changed(headers[i].header.device.text());
  }
  log::info("policy.built", "policy headers were signed", {{"devices", headers.size()}});
  return {};
}

void PolicyBuilder::shelve(const contract::PolicyHeader& header, std::vector<std::string> folders,
                           Bytes document) {
  auto shelved = std::make_shared<hosting::ShelvedHeader>();
  shelved->etag = fmt::format("\"{}.{}\"", header.epoch, header.version);
  shelved->document = std::move(document);
  for (const auto& body : header.bodies) shelved->bodies.push_back(body.sha256);
  shelved->content_folders = std::move(folders);
  site_->shelf.put_header(header.device.text(), std::move(shelved), site_->clock.now());
}

Result<void> PolicyBuilder::follow_root(std::set<store::DeviceNumber>& dirty) {
  const auto root = TRY(site_->database->read(
      [](store::Reader& reader) { return store::latest_catalogue_document(reader, "root"); }));
  const std::uint64_t version = root ? static_cast<std::uint64_t>(root->version) : 0;
  if (version == catalogue_root_) return {};
  catalogue_root_ = version;
  for (const auto device : TRY(members(std::string(fleet::kAllSystems)))) dirty.insert(device);
  return {};
}

Result<void> PolicyBuilder::load(std::set<store::DeviceNumber>& dirty) {
  TRY(follow_root(dirty));
  const auto deployments = TRY(site_->database->read([](store::Reader& reader) {
    return store::list_objects(reader, "Deployment", "", 1'000'000);
  }));
  for (const store::Object& object : deployments) {
    const auto made = make_deployment_body(object, dirty);
    if (!made) keep("Deployment", object.id, made.error());
  }
  const auto collections = TRY(site_->database->read([](store::Reader& reader) {
    return store::list_objects(reader, "Collection", "", 1'000'000);
  }));
  for (const store::Object& object : collections) {
    const auto made = make_collection_body(object, dirty);
    if (!made) keep("Collection", object.id, made.error());
  }
  TRY(make_settings_body(dirty));
  TRY(make_inventory_body(dirty));
  // Headers that still say the right thing go back on the shelf as they are.
  for (const auto device : TRY(members(std::string(fleet::kAllSystems)))) {
    dirty.insert(device);
    const auto stored = TRY(site_->database->read(
        [&](store::Reader& reader) { return store::find_policy_header(reader, device); }));
    if (!stored) continue;
    const auto framed = contract::parse_signed_document(stored->document);
    const auto header = framed ? contract::decode_policy_header(framed->payload)
                               : Result<contract::PolicyHeader>(fail(framed.error()));
    if (!header) continue;
    std::vector<std::string> folders;
    for (const auto& [id, body] : bodies_)
      if (std::ranges::find(header->bodies, body.reference) != header->bodies.end())
        folders.insert(folders.end(), body.content_folders.begin(), body.content_folders.end());
    shelve(*header, std::move(folders), stored->document);
  }
  return {};
}

Result<bool> PolicyBuilder::renew(std::set<store::DeviceNumber>& dirty) {
  const Timestamp half = site_->clock.now() + site_->settings.duration("policy.header_life") / 2;
  const auto due = TRY(site_->database->read([&](store::Reader& reader) {
    return store::expiring_policy_headers(reader, half, kRenewalsAtOnce);
  }));
  dirty.insert(due.begin(), due.end());
  return due.size() == static_cast<std::size_t>(kRenewalsAtOnce);
}

Result<void> PolicyBuilder::forget_bodies(Timestamp now) {
  const Timestamp moment = now - site_->settings.duration("policy.header_life");
  const auto gone = TRY(site_->database->write([&](store::Transaction& transaction) {
    return store::remove_superseded_policy_bodies(transaction, moment);
  }));
  for (const Bytes& hash : gone) site_->shelf.drop_body(to_hex(hash));
  return {};
}

Result<void> PolicyBuilder::sign_site_time() {
  const contract::SiteTime time{site_->config.site, site_->clock.now()};
  site_->shelf.put_site_time(TRY(site_->signer.sign_document(contract::SignedType::SiteTime,
                                                             contract::encode_site_time(time))));
  return {};
}

}  // namespace muster::site_server
