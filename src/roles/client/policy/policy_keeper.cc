#include "roles/client/policy/policy_keeper.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "contract/policy_bodies.h"
#include "roles/client/errors.h"
#include "roles/client/software/errors.h"
#include "trust/errors.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

constexpr std::uint8_t kStateFormat = 1;
constexpr std::size_t kMostRootSteps = 1000;

}  // namespace

Result<PolicyKeeper> PolicyKeeper::open(fs::path folder, model::DeviceId device) {
  for (const char* part : {"bodies", "entries", "manifests"})
    TRY(os::make_private_folder(folder / part));
  return open(std::make_unique<PolicyFolder>(std::move(folder)), std::move(device));
}

Result<PolicyKeeper> PolicyKeeper::open(std::unique_ptr<PolicyFiles> files,
                                        model::DeviceId device) {
  PolicyKeeper keeper(std::move(files), std::move(device));
  TRY(keeper.load());
  return keeper;
}

Result<void> PolicyKeeper::load() {
  if (files_->has("root.json")) {
    const Bytes root = TRY(files_->read("root.json", os::kSmallFile));
    trust_ = TRY_IN(trust::CatalogueTrust::restore(root), "{}", files_->place("root.json"));
  }
  if (files_->has("state")) {
    const Bytes bytes = TRY(files_->read("state", os::kSmallFile));
    ByteReader in(bytes);
    if (TRY(in.u8()) != kStateFormat)
      return fail(kBadState, "{} has another format", files_->place("state"));
    time_ = trust::SignedTime(Timestamp{static_cast<std::int64_t>(TRY(in.u64()))});
    newest_site_time_.ms = static_cast<std::int64_t>(TRY(in.u64()));
    lowest_.epoch = TRY(in.u64());
    lowest_.version = TRY(in.u64());
    resync_followed_ = TRY(in.u64());
    for (std::uint64_t left = TRY(in.varint()); left > 0; --left) {
      const std::string package(TRY(in.sized()));
      entry_versions_[package] = TRY(in.u64());
    }
  }
  if (files_->has("header")) {
    const Bytes bytes = TRY(files_->read("header", os::kSmallFile));
    ByteReader in(bytes);
    etag_ = TRY(in.sized());
    header_document_ = TRY(in.sized());
  }
  return {};
}

Result<void> PolicyKeeper::save_state() const {
  ByteWriter out;
  out.u8(kStateFormat);
  out.u64(static_cast<std::uint64_t>(time_.newest().ms));
  out.u64(static_cast<std::uint64_t>(newest_site_time_.ms));
  out.u64(lowest_.epoch);
  out.u64(lowest_.version);
  out.u64(resync_followed_);
  out.varint(entry_versions_.size());
  for (const auto& [package, version] : entry_versions_) {
    out.sized(package);
    out.u64(version);
  }
  return files_->replace("state", out.view());
}

Result<void> PolicyKeeper::first_trust(ByteView root_1, ByteView root_sha256) {
  trust_ = TRY(trust::CatalogueTrust::pin(root_1, root_sha256));
  return files_->replace("root.json", trust_->document());
}

Result<void> PolicyKeeper::walk_roots(DocumentSource& source, std::uint64_t version) {
  for (std::size_t step = 0; step < kMostRootSteps; ++step) {
    if (trust_->root().version >= version) return {};
    const auto next = TRY(source.root(trust_->root().version + 1));
    if (!next)
      return fail(kSiteAnswer, "root {} of the catalogue is not served",
                  trust_->root().version + 1);
    trust_ = TRY(trust_->advance(*next));
    TRY(files_->replace("root.json", trust_->document()));
  }
  return fail(trust::kWrongVersion, "over {} roots at once", kMostRootSteps);
}

Result<void> PolicyKeeper::take_header(ByteView document, std::string_view etag,
                                       DocumentSource& source, Timestamp clock) {
  if (!trust_) return fail(kNotEnrolled, "no catalogue root is pinned");
  auto verified = trust_->verify_policy_header(document, device_, lowest_, time_.now(clock));
  if (!verified && verified.error().is(trust::kUnknownKey)) {
    // A policy key that a later root names: the roots say whether there is one.
    static_cast<void>(walk_roots(source, UINT64_MAX));
    verified = trust_->verify_policy_header(document, device_, lowest_, time_.now(clock));
  }
  contract::PolicyHeader header = TRY(std::move(verified));
  if (header.catalogue_root > trust_->root().version) {
    TRY(walk_roots(source, header.catalogue_root));
    header = TRY(trust_->verify_policy_header(document, device_, lowest_, time_.now(clock)));
  }
  time_.saw(header.issued);
  lowest_ = {header.epoch, header.version};
  // What must never go back is durable before anything is done by this header.
  TRY(save_state());
  ByteWriter out;
  out.sized(etag);
  out.sized(document);
  TRY(files_->replace("header", out.view()));
  etag_ = etag;
  header_document_ = document;
  return evaluate(source, clock);
}

Result<Bytes> PolicyKeeper::verify_signed(ByteView document, contract::SignedType type,
                                          DocumentSource& source) {
  if (!trust_) return fail(kNotEnrolled, "no catalogue root is pinned");
  auto payload = trust_->verify_signed(document, type);
  if (payload || !payload.error().is(trust::kUnknownKey)) return payload;
  static_cast<void>(walk_roots(source, UINT64_MAX));
  return trust_->verify_signed(document, type);
}

Result<void> PolicyKeeper::take_site_time(ByteView document, Timestamp clock) {
  if (!trust_) return fail(kNotEnrolled, "no catalogue root is pinned");
  const Duration max_age = settings_ ? settings_->max_age : std::chrono::hours(24 * 7);
  const auto time =
      TRY(trust_->verify_site_time(document, newest_site_time_, time_.now(clock), max_age));
  if (time.time == newest_site_time_) return {};
  newest_site_time_ = time.time;
  time_.saw(time.time);
  return save_state();
}

Result<Bytes> PolicyKeeper::kept_or(std::string_view kind, const ErrorKind& altered,
                                    const std::string& sha256_hex_wanted,
                                    const std::function<Result<Bytes>()>& fetch) const {
  const std::string name = fmt::format("{}/{}", kind, sha256_hex_wanted);
  if (files_->has(name)) {
    auto kept = files_->read(name, contract::kManifestLimit);
    if (kept && sha256_hex(*kept) == sha256_hex_wanted) return kept;
  }
  Bytes fetched = TRY(fetch());
  if (sha256_hex(fetched) != sha256_hex_wanted)
    return fail(altered, "{}: other bytes arrived", sha256_hex_wanted);
  TRY(files_->replace(name, fetched));
  return fetched;
}

Result<void> PolicyKeeper::fetch_bodies(DocumentSource& source) {
  std::vector<std::string> missing;
  for (const contract::BodyReference& reference : header_->bodies)
    if (!files_->has(fmt::format("bodies/{}", reference.sha256)))
      missing.push_back(reference.sha256);
  std::span<const std::string> left = missing;
  while (left.size() > 1) {
    const auto asked = left.first(std::min(left.size(), contract::kMostPolicyBodies));
    const auto documents = TRY(source.policy_bodies(asked));
    if (!documents || documents->empty()) return {};
    if (documents->size() > asked.size())
      return fail(kSiteAnswer, "{} policy bodies to {}", documents->size(), asked.size());
    for (std::size_t i = 0; i < documents->size(); ++i) {
      // Another one is no reason to take none: it is asked for alone.
      if (sha256_hex((*documents)[i]) != asked[i]) continue;
      TRY(files_->replace(fmt::format("bodies/{}", asked[i]), (*documents)[i]));
    }
    left = left.subspan(documents->size());
  }
  return {};
}

Result<contract::PolicyBody> PolicyKeeper::body(const contract::BodyReference& reference,
                                                DocumentSource& source) {
  const Bytes document = TRY(kept_or("bodies", kBodyAltered, reference.sha256,
                                     [&] { return source.policy_body(reference.sha256); }));
  return trust_->verify_policy_body(document, reference);
}

Result<PolicyKeeper::SignedProgram> PolicyKeeper::verify_program(const ProgramPlace& place,
                                                                 DocumentSource& source,
                                                                 Timestamp now) {
  const Bytes document = TRY(kept_or("entries", kEntryAltered, place.entry.sha256, [&] {
    return source.catalogue_file(
        contract::catalogue_file_name(place.entry.role, place.entry.version));
  }));
  std::uint64_t& lowest = entry_versions_[place.package];
  const auto entry =
      TRY(trust_->verify_entry(document, {place.package, place.entry.sha256, lowest}, now));
  if (entry.version > lowest) {
    lowest = entry.version;
    TRY(save_state());
  }
  if (entry.package_version != place.package_version)
    return fail(trust::kWrongPackage, "policy names version {} of {}, its entry is of version {}",
                place.package_version, place.package, entry.package_version);
  const model::Program* program = entry.program(place.program);
  if (!program)
    return fail(kProgramMissing, "the entry of {} {} has no program {}", place.package,
                place.package_version, place.program);
  const Bytes manifest_document =
      TRY(kept_or("manifests", kManifestAltered, entry.manifest_sha256, [&] {
        return source.content(place.content_folder, entry.manifest_sha256, entry.manifest_length);
      }));
  const auto manifest = TRY(contract::decode_manifest(manifest_document));
  if (manifest.package != place.package || manifest.package_version != place.package_version)
    return fail(trust::kWrongPackage, "the manifest is of {} {}", manifest.package,
                manifest.package_version);
  SignedProgram out{*program, {}};
  for (const contract::ManifestFile& file : manifest.files)
    out.files.push_back({file.path, file.executable ? 0755u : 0644u, file.size_bytes, file.sha256});
  return out;
}

// The order is the operators': each signed entry names what runs before its program. The site only
// says where that is, and can neither add nor leave out a step.
Result<void> PolicyKeeper::verify_first(const contract::DeploymentBody& body,
                                        DocumentSource& source, Timestamp now,
                                        Deployment& deployment) {
  std::string whose = deployment.key.deployment;
  const model::Program* dependent = &deployment.program;
  deployment.first.reserve(body.first.size());
  for (const contract::FirstProgramReference& named : body.first) {
    const auto& wanted = dependent->run_first;
    if (!wanted || wanted->package != named.package || wanted->program != named.program)
      return fail(kFirstProgramMissing, "policy names {} of {}, the entry of {} names {}",
                  named.program, named.package, dependent->name,
                  wanted ? fmt::format("{} of {}", wanted->program, wanted->package) : "nothing");
    auto program = TRY_IN(verify_program({named.package, named.package_version, named.program,
                                          named.entry, named.content_folder},
                                         source, now),
                          "{} of {}, which runs first", named.program, named.package);
    if (!wanted->every_time) whose = kWhoseOnce;
    auto variables = TRY(variables_for(program.program));
    deployment.first.push_back(
        {.key = first_key(whose, named.package, named.package_version, named.program),
         .program = std::move(program.program),
         .variables = std::move(variables),
         .files = std::move(program.files),
         .content_folder = named.content_folder,
         .every_time = wanted->every_time,
         .persist = named.persist});
    dependent = &deployment.first.back().program;
  }
  if (const auto& wanted = dependent->run_first)
    return fail(kFirstProgramMissing, "policy leaves out {} of {}, which runs before {}",
                wanted->program, wanted->package, dependent->name);
  return {};
}

Result<VerifiedDeployment> PolicyKeeper::verify_deployment(const contract::DeploymentBody& body,
                                                           DocumentSource& source, Timestamp now) {
  auto program = TRY(verify_program(
      {body.package, body.package_version, body.program, body.entry, body.content_folder}, source,
      now));
  VerifiedDeployment out;
  out.name = body.name;
  out.deployment.key = {body.deployment.text(), body.package, body.package_version};
  out.deployment.program = std::move(program.program);
  out.deployment.files = std::move(program.files);
  out.deployment.content_folder = body.content_folder;
  out.deployment.persist = body.persist;
  out.deployment.variables = TRY(variables_for(out.deployment.program));
  out.deployment.start = body.start;
  out.deployment.deadline = body.deadline;
  out.deployment.schedules = body.schedules;
  out.deployment.events = body.events;
  for (const model::ObjectId& id : body.after) out.deployment.after.push_back(id.text());
  out.deployment.expires = body.expires;
  out.deployment.rerun = body.rerun;
  out.deployment.notice = body.notice;
  out.deployment.ignore_windows = body.ignore_windows;
  out.deployment.purpose = body.purpose;
  TRY(verify_first(body, source, now, out.deployment));
  return out;
}

// A command is among what is declared, so the site's word is nothing here: an operator's key has
// signed the whole of it.
Result<contract::SignedObject> PolicyKeeper::verify_object(const contract::EntryReference& entry,
                                                           DocumentSource& source, Timestamp now) {
  const Bytes document = TRY(kept_or("entries", kEntryAltered, entry.sha256, [&] {
    return source.catalogue_file(contract::catalogue_file_name(entry.role, entry.version));
  }));
  const std::string key = "/" + entry.role;
  const auto known = entry_versions_.find(key);
  const std::uint64_t lowest = known == entry_versions_.end() ? 0 : known->second;
  auto object = TRY(trust_->verify_object(document, {entry.role, entry.sha256, lowest}, now));
  if (object.version > lowest) {
    entry_versions_[key] = object.version;
    TRY(save_state());
  }
  return object;
}

Result<void> PolicyKeeper::take_object(contract::SignedObject object, std::string_view role) {
  if (auto* declared = std::get_if<model::DeclaredClass>(&object.object.value))
    classes_.push_back({std::move(*declared), object.expires});
  else if (auto* files = std::get_if<model::FileCollection>(&object.object.value))
    file_collections_.push_back({std::move(*files), object.expires});
  else
    return fail(trust::kWrongObject, "'{}' says nothing of what is collected", role);
  return {};
}

// The entry says what a program takes, and the values and secrets that it allows; policy chooses
// among them. What policy says is known only when all of it is there: the part that is missing may
// say otherwise than the rest.
Result<std::vector<model::Variable>> PolicyKeeper::variables_for(
    const model::Program& program) const {
  std::vector<model::Variable> out;
  if (!bodies_known_ && !program.variables.empty())
    return fail(kVariablesUnknown,
                "program {} takes variables, and a part of the policy is missing", program.name);
  for (const model::ProgramVariable& taken : program.variables) {
    const auto said = agent_.variables.find(taken.name);
    if (said == agent_.variables.end()) continue;
    const model::Variable& variable = said->second.value;
    const auto allows = [](const std::vector<std::string>& list, const std::string& wanted) {
      return std::ranges::find(list, wanted) != list.end();
    };
    if (variable.masked() && !allows(taken.secrets, variable.secret))
      return fail(
          kSecretRefused, "collection {} gives {} the secret {}, program {} takes {}",
          said->second.from, taken.name, variable.secret, program.name,
          taken.secrets.empty() ? "none" : fmt::format("{}", fmt::join(taken.secrets, ", ")));
    // With secrets alone, no open value is one that it takes.
    const bool any_value = taken.values.empty() && taken.secrets.empty();
    if (!variable.masked() && !any_value && !allows(taken.values, variable.value))
      return fail(kVariableRefused, "collection {} gives {} a value that program {} does not take",
                  said->second.from, taken.name, program.name);
    out.push_back(variable);
  }
  return out;
}

void PolicyKeeper::verify_classes(const contract::InventoryBody& body, DocumentSource& source,
                                  Timestamp now) {
  for (const contract::EntryReference& entry : body.entries) {
    auto verified = verify_object(entry, source, now);
    const auto taken = verified ? take_object(*std::move(verified), entry.role)
                                : Result<void>(fail(verified.error()));
    if (taken) continue;
    classes_known_ = false;
    refusals_.push_back({{}, {}, {}, {}, taken.error()});
  }
}

Result<void> PolicyKeeper::evaluate(DocumentSource& source, Timestamp clock) {
  if (!trust_ || header_document_.empty()) return {};
  const Timestamp now = time_.now(clock);
  auto header = trust_->verify_policy_header(header_document_, device_, lowest_, now);
  // Expired policy stays known: what is installed stays, and the client says that it expired.
  if (!header && !header.error().is(trust::kExpired)) return fail(header.error());
  if (header) header_ = *header;
  if (!header_) return {};
  settings_.reset();
  deployments_.clear();
  windows_.clear();
  bodies_known_ = true;
  classes_.clear();
  file_collections_.clear();
  classes_known_ = true;
  refusals_.clear();
  std::vector<model::CollectionSays> collections;
  const auto fetched = fetch_bodies(source);
  std::vector<Result<contract::PolicyBody>> bodies;
  bodies.reserve(header_->bodies.size());
  for (const contract::BodyReference& reference : header_->bodies) {
    const bool kept = files_->has(fmt::format("bodies/{}", reference.sha256));
    // A site that could not be asked for many is not asked for each of them.
    const auto& document =
        bodies.emplace_back(fetched || kept ? body(reference, source)
                                            : Result<contract::PolicyBody>(fail(fetched.error())));
    if (!document) {
      bodies_known_ = false;
      refusals_.push_back({{}, {}, {}, {}, document.error()});
      continue;
    }
    if (const auto* settings = std::get_if<contract::ClientSettingsBody>(&*document))
      settings_ = *settings;
    if (const auto* said = std::get_if<contract::CollectionBody>(&*document)) {
      windows_.insert(windows_.end(), said->windows.begin(), said->windows.end());
      collections.push_back({said->collection, said->name, said->agent});
    }
  }
  model::AgentDurations site;
  if (settings_) site = settings_->agent;
  if (settings_) site.insert_or_assign(std::string(model::kPollInterval), settings_->poll_interval);
  agent_ = model::effective_agent(site, std::move(collections));
  // Settings first: they name the points that serve the rest.
  for (const auto& document : bodies) {
    if (const auto* inventory =
            document ? std::get_if<contract::InventoryBody>(&*document) : nullptr)
      verify_classes(*inventory, source, now);
    const auto* wanted = document ? std::get_if<contract::DeploymentBody>(&*document) : nullptr;
    if (!wanted) continue;
    auto verified = verify_deployment(*wanted, source, now);
    if (verified) {
      deployments_.push_back(std::move(*verified));
    } else {
      refusals_.push_back({wanted->deployment, wanted->package, wanted->package_version,
                           wanted->program, verified.error()});
    }
  }
  return {};
}

Timestamp PolicyKeeper::good_until() const {
  if (!header_) return Timestamp{0};
  const Duration max_age = settings_ ? settings_->max_age : std::chrono::hours(24 * 7);
  return std::min(header_->expires, time_.newest() + max_age);
}

Result<void> PolicyKeeper::follow_resync(std::uint64_t number) {
  resync_followed_ = number;
  return save_state();
}

}  // namespace muster::client
