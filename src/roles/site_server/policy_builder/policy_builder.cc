#include "roles/site_server/policy_builder/policy_builder.h"

#include <algorithm>

#include "base/log.h"
#include "base/sha256.h"
#include "contract/signed_document.h"
#include "store/site/packages.h"
#include "store/site/policy.h"
#include "store/site/settings.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kRenewalsAtOnce = 4096;
constexpr std::int64_t kVersionsAtOnce = 256;

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

void PolicyBuilder::note(const store::Change& change) {
  if (change.kind == "InventoryClass" || change.kind == "FileCollection")
    noted_.insert_or_assign(inventory_body_id(site_->config.site), std::string(kInventoryKind));
  if (change.kind == "Deployment" || change.kind == "Collection" || change.kind == "Package")
    noted_.insert_or_assign(change.id, change.kind);
}

void PolicyBuilder::retry() {
  for (const auto& [id, kept] : kept_) noted_.emplace(id, kept.kind);
}

PolicyBuilder::Bodies& PolicyBuilder::bodies_of(const std::string& kind) {
  if (kind == "Deployment") return bodies_;
  return kind == "Collection" ? said_ : site_bodies_;
}

// Once, however often it is tried again.
void PolicyBuilder::keep(const model::ObjectId& id, const std::string& kind, const Error& error) {
  // Without the windows that nobody has signed its members' programs would run at any time.
  if (kind == "Collection") unsigned_.insert(id);
  if (!kept_.insert_or_assign(id, Kept{kind, error}).second) return;
  log::failure(log::Level::Error, "policy.change.failed", error,
               {{"kind", kind}, {"id", id.text()}});
}

// In place of each package the deployments that ask for it.
Result<void> PolicyBuilder::add_users_of_packages() {
  if (std::ranges::none_of(noted_, [](const auto& each) { return each.second == "Package"; }))
    return {};
  std::set<model::ObjectId> users;
  const Noted noted = noted_;
  for (const auto& each : noted) {
    const model::ObjectId& id = each.first;
    if (each.second != "Package") continue;
    const auto package = site_->database->read(
        [&](store::Reader& reader) { return store::find_object(reader, id); });
    if (!package && store::is_outage(package.error())) return fail(package.error());
    // One that cannot be read is no reason for the others to stay as they were.
    if (!package) keep(id, each.second, package.error());
    if (!package || !*package) continue;
    kept_.erase(id);
    const auto found = by_package_.find((*package)->name);
    if (found != by_package_.end()) users.insert(found->second.begin(), found->second.end());
  }
  std::erase_if(noted_, [](const auto& each) { return each.second == "Package"; });
  for (const model::ObjectId& id : users) noted_.emplace(id, "Deployment");
  return {};
}

// In one read, but that one that fails may have spent it: the others are read in another.
Result<std::vector<BodyDraft>> PolicyBuilder::read_drafts(const Noted& noted) {
  std::vector<BodyDraft> out;
  out.reserve(noted.size());
  for (auto next = noted.begin(); next != noted.end();)
    TRY(site_->database->read([&](store::Reader& reader) -> Result<void> {
      DraftReader drafts(*site_, reader);
      while (next != noted.end()) {
        const auto& [id, kind] = *next;
        const Bodies& bodies = bodies_of(kind);
        const auto said = bodies.find(id);
        auto draft =
            drafts.read(id, kind, said == bodies.end() ? nullptr : &said->second.payload_hash);
        if (!draft && store::is_outage(draft.error())) return fail(draft.error());
        ++next;
        if (!draft) {
          keep(id, kind, draft.error());
          return {};
        }
        out.push_back(*std::move(draft));
      }
      return {};
    }));
  return out;
}

// Those that are signed, by now or before.
std::vector<BodyDraft> PolicyBuilder::sign(std::vector<BodyDraft> drafts) {
  const auto is_new = [](const BodyDraft& each) {
    return !each.payload.empty() && each.document.empty();
  };
  std::vector<Bytes> payloads;
  for (const BodyDraft& each : drafts)
    if (is_new(each)) payloads.push_back(each.payload);
  if (payloads.empty()) return drafts;
  auto made = site_->signer.sign_documents(contract::SignedType::PolicyBody, std::move(payloads));
  std::vector<BodyDraft> out;
  out.reserve(drafts.size());
  std::vector<std::size_t> fresh;
  std::size_t next = 0;
  for (BodyDraft& draft : drafts) {
    if (is_new(draft)) {
      auto document = made ? std::move((*made)[next++]) : Result<Bytes>(fail(made.error()));
      if (!document) {
        keep(draft.object, draft.kind, document.error());
        continue;
      }
      draft.document = *std::move(document);
      draft.hash = sha256(draft.document);
      fresh.push_back(out.size());
    }
    out.push_back(std::move(draft));
  }
  return stored(std::move(out), fresh);
}

Result<void> PolicyBuilder::store_bodies(const std::vector<const BodyDraft*>& drafts) {
  return site_->database->write([&](store::Transaction& transaction) -> Result<void> {
    for (const BodyDraft* draft : drafts)
      TRY(store::add_policy_body(
          transaction,
          {draft->hash, std::string(body_kind(draft->kind)), draft->object, draft->document},
          site_->clock.now()));
    return {};
  });
}

// All but those of `fresh` that the database does not take.
std::vector<BodyDraft> PolicyBuilder::stored(std::vector<BodyDraft> drafts,
                                             const std::vector<std::size_t>& fresh) {
  std::vector<const BodyDraft*> list;
  list.reserve(fresh.size());
  for (const std::size_t index : fresh) list.push_back(&drafts[index]);
  const auto all = store_bodies(list);
  if (all) return drafts;
  std::set<model::ObjectId> refused;
  for (const BodyDraft* draft : list) {
    // One of them may be the cause.
    const auto alone = store::is_outage(all.error()) ? all : store_bodies({draft});
    if (alone) continue;
    keep(draft->object, draft->kind, alone.error());
    refused.insert(draft->object);
  }
  std::erase_if(drafts, [&](const BodyDraft& each) { return refused.contains(each.object); });
  return drafts;
}

// From now on the draft is what its object says.
void PolicyBuilder::take(BodyDraft draft) {
  const auto kept = kept_.find(draft.object);
  if (kept != kept_.end()) {
    log::info("policy.change.followed", "a change was followed that could not be before",
              {{"kind", draft.kind}, {"id", draft.object.text()}});
    kept_.erase(kept);
  }
  for (const std::string& package : draft.packages) by_package_[package].insert(draft.object);
  if (draft.kind == "Collection" && unsigned_.erase(draft.object) > 0)
    touched_.insert(draft.object.text());
  Bodies& bodies = bodies_of(draft.kind);
  const auto before = bodies.find(draft.object);
  if (draft.payload.empty()) {
    if (before == bodies.end()) return;
    touched_.insert(before->second.collection);
    bodies.erase(before);
    return;
  }
  Body body{{to_hex(draft.hash), draft.document.size()},
            std::move(draft.payload_hash),
            std::move(draft.collection),
            std::move(draft.content_folders)};
  site_->shelf.put_body(body.reference.sha256,
                        std::make_shared<const Bytes>(std::move(draft.document)));
  if (before != bodies.end()) {
    if (before->second == body) return;
    touched_.insert(before->second.collection);
  }
  touched_.insert(body.collection);
  bodies.insert_or_assign(draft.object, std::move(body));
}

Result<void> PolicyBuilder::follow_noted(std::set<store::DeviceNumber>& dirty) {
  TRY(add_users_of_packages());
  while (!noted_.empty()) {
    Noted part;
    for (const auto& each : noted_) {
      if (part.size() == contract::kSignerRequestsLimit) break;
      part.insert(each);
    }
    for (BodyDraft& draft : sign(TRY(read_drafts(part)))) take(std::move(draft));
    for (; !touched_.empty(); touched_.erase(touched_.begin())) {
      const auto devices = TRY(members(*touched_.begin()));
      dirty.insert(devices.begin(), devices.end());
    }
    for (const auto& [id, kind] : part) noted_.erase(id);
  }
  return {};
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
  for (const auto& [id, body] : site_bodies_) out.header.bodies.push_back(body.reference);
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

// Versions are taken, durably, before the signer sees them: it refuses what goes back. Those that
// were taken ahead and not used when the site stops are nobody's.
Result<std::int64_t> PolicyBuilder::take_versions(std::int64_t count) {
  if (versions_end_ - next_version_ < count) {
    const std::int64_t taken = std::max(count, kVersionsAtOnce);
    next_version_ = TRY(site_->database->write([&](store::Transaction& transaction) {
      return store::take_counter(transaction, store::Counter::Policy, taken);
    }));
    versions_end_ = next_version_ + taken;
  }
  return std::exchange(next_version_, next_version_ + count);
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
  const auto first = TRY(take_versions(static_cast<std::int64_t>(headers.size())));
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
  const model::SiteCode& site = site_->config.site;
  noted_.emplace(settings_body_id(site), kSettingsKind);
  noted_.emplace(inventory_body_id(site), kInventoryKind);
  for (const char* kind : {"Deployment", "Collection"})
    for (const store::Object& object : TRY(site_->database->read([&](store::Reader& reader) {
           return store::list_objects(reader, kind, "", 1'000'000);
         })))
      noted_.emplace(object.id, kind);
  TRY(follow_noted(dirty));
  // Without these no device's policy is whole.
  for (const auto& id : {settings_body_id(site), inventory_body_id(site)})
    if (const auto kept = kept_.find(id); kept != kept_.end()) return fail(kept->second.error);
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
