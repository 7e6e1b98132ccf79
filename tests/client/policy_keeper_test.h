// A site's keys and documents as a test wants them, and a client's policy that is kept in a folder.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <map>

#include "base/sha256.h"
#include "contract/policy_bodies.h"
#include "roles/client/errors.h"
#include "roles/client/policy/policy_keeper.h"
#include "trust/ceremony.h"
#include "trust/document_signature.h"

namespace muster::client {

inline constexpr Timestamp kStart{1'790'000'000'000};

// A site's keys and documents, and the source that a client fetches from.
class FakeSite final : public DocumentSource {
 public:
  FakeSite()
      : random_(7),
        device(model::DeviceId::make(random_)),
        root_key(trust::Ed25519Key::generate(random_)),
        operator_key(trust::Ed25519Key::generate(random_)),
        policy_key(trust::Ed25519Key::generate(random_)),
        root_1(trust::first_root(
            {root_key.public_key(), operator_key.public_key(), policy_key.public_key()}, kStart)) {
    roots[1] = sign_root(root_1);
    manifest.package = "hello";
    manifest.package_version = "1.0";
    manifest.files = {{"install.sh", 5, sha256_hex("hello"), true}};
    model::Program program;
    program.name = "install";
    program.argv = {"sh", "install.sh"};
    entry.expires = trust::catalogue_expiry(kStart);
    entry.package = "hello";
    entry.package_version = "1.0";
    entry.programs = {program};
  }

  Bytes sign_root(const contract::CatalogueRoot& value) const {
    const trust::Ed25519Key* keys[] = {&root_key};
    return trust::sign_root(value, keys).value();
  }

  // Publishes manifest and entry, and a policy of them under `version`. Returns the header.
  Bytes publish(std::uint64_t version, const trust::Ed25519Key& entry_signer) {
    const Bytes manifest_document = contract::encode_manifest(manifest);
    entry.manifest_sha256 = sha256_hex(manifest_document);
    entry.manifest_length = manifest_document.size();
    contents[entry.manifest_sha256] = manifest_document;
    const Bytes entry_document = trust::sign_entry(entry, entry_signer).value();
    files[contract::catalogue_file_name("package-hello", entry.version)] = entry_document;
    const contract::DeploymentBody body{
        .deployment = model::ObjectId::parse("P01-000003").value(),
        .name = "hello-everywhere",
        .package = "hello",
        .package_version = "1.0",
        .program = "install",
        .purpose = model::Purpose::Required,
        .start = kStart,
        .deadline = kStart,
        .entry = {"package-hello", entry.version, sha256_hex(entry_document),
                  entry_document.size()},
        .content_folder = std::string(32, 'a'),
        .first = first};
    body_document = trust::sign_document(contract::SignedType::PolicyBody,
                                         contract::encode_policy_body(body), policy_key);
    bodies[sha256_hex(body_document)] = body_document;
    return header(version, policy_key);
  }

  // A package "base" with a program "prepare", and where policy says that it is.
  contract::FirstProgramReference publish_base(const trust::Ed25519Key& entry_signer) {
    contract::Manifest base;
    base.package = "base";
    base.package_version = "2.0";
    base.files = {{"prepare.sh", 7, sha256_hex("prepare"), true}};
    const Bytes manifest_document = contract::encode_manifest(base);
    contents[sha256_hex(manifest_document)] = manifest_document;
    contract::PackageEntry signed_entry = entry;
    signed_entry.package = "base";
    signed_entry.package_version = "2.0";
    signed_entry.programs = {{.name = "prepare", .argv = {"sh", "prepare.sh"}}};
    signed_entry.manifest_sha256 = sha256_hex(manifest_document);
    signed_entry.manifest_length = manifest_document.size();
    const Bytes document = trust::sign_entry(signed_entry, entry_signer).value();
    files[contract::catalogue_file_name("package-base", signed_entry.version)] = document;
    return {.package = "base",
            .package_version = "2.0",
            .program = "prepare",
            .entry = {"package-base", signed_entry.version, sha256_hex(document), document.size()},
            .content_folder = std::string(32, 'b')};
  }

  // What a collection says, for the header to name beside the deployment.
  void say(const std::string& id, const std::string& name, model::AgentSection section) {
    const contract::CollectionBody body{.collection = model::ObjectId::parse(id).value(),
                                        .name = name,
                                        .windows = {},
                                        .agent = std::move(section)};
    const Bytes document = trust::sign_document(contract::SignedType::PolicyBody,
                                                contract::encode_policy_body(body), policy_key);
    bodies[sha256_hex(document)] = document;
    said.push_back({sha256_hex(document), document.size()});
  }

  static model::DeclaredClass shapes(const std::string& program) {
    model::DeclaredClass out;
    out.name = "shapes";
    out.definition = {"Shape", "A shape.", {{"Name", model::ColumnType::Text, {}, "Its name."}}};
    out.sources = {{"Name"}};
    out.collector = model::CommandCollector{.argv = {program}};
    out.form = model::LineForm{"{Name}"};
    return out;
  }

  // The body that names `document`, the declaration of the class "shapes", for the header.
  void declare(const Bytes& document, std::uint64_t version, const std::string& role) {
    files[contract::catalogue_file_name(role, version)] = document;
    const contract::InventoryBody body{{{role, version, sha256_hex(document), document.size()}}};
    const Bytes signed_body = trust::sign_document(contract::SignedType::PolicyBody,
                                                   contract::encode_policy_body(body), policy_key);
    bodies[sha256_hex(signed_body)] = signed_body;
    said = {{sha256_hex(signed_body), signed_body.size()}};
  }
  Bytes declaration(const std::string& program, std::uint64_t version,
                    const trust::Ed25519Key& signer) const {
    contract::SignedObject object{.version = version,
                                  .expires = trust::catalogue_expiry(kStart),
                                  .object = {shapes(program)}};
    return trust::sign_object(object, signer).value();
  }

  Bytes header(std::uint64_t version, const trust::Ed25519Key& signer) {
    contract::PolicyHeader value{.site = model::SiteCode::parse("P01").value(),
                                 .device = device,
                                 .epoch = 1,
                                 .version = version,
                                 .issued = kStart,
                                 .expires = kStart + std::chrono::hours(24 * 30),
                                 .inventory_resync = 0,
                                 .catalogue_root = roots.rbegin()->first,
                                 .bodies = {{sha256_hex(body_document), body_document.size()}}};
    value.bodies.insert(value.bodies.end(), said.begin(), said.end());
    return trust::sign_document(contract::SignedType::PolicyHeader,
                                contract::encode_policy_header(value), signer);
  }

  Result<Bytes> policy_body(const std::string& sha256) override {
    ++single_requests;
    return found(bodies, sha256);
  }
  Result<std::optional<std::vector<Bytes>>> policy_bodies(
      std::span<const std::string> sha256) override {
    if (!serves_several) return std::optional<std::vector<Bytes>>();
    requests.push_back(sha256.size());
    if (away) return fail(kSiteAnswer, "the site is away");
    std::vector<Bytes> out;
    for (const std::string& name : sha256.first(std::min(sha256.size(), most_in_an_answer))) {
      if (!bodies.contains(name)) return std::optional<std::vector<Bytes>>();  // 403
      out.push_back(bodies.at(name));
    }
    return std::optional(std::move(out));
  }
  Result<Bytes> catalogue_file(const std::string& name) override { return found(files, name); }
  Result<std::optional<Bytes>> root(std::uint64_t version) override {
    const auto at = roots.find(version);
    return at == roots.end() ? std::optional<Bytes>() : std::optional<Bytes>(at->second);
  }
  Result<Bytes> content(const std::string&, const std::string& sha256, std::uint64_t) override {
    return found(contents, sha256);
  }

 private:
  static Result<Bytes> found(const std::map<std::string, Bytes>& documents,
                             const std::string& name) {
    const auto at = documents.find(name);
    if (at == documents.end()) return fail(kSiteAnswer, "no {}", name);
    return at->second;
  }
  SeededRandom random_;

 public:
  model::DeviceId device;
  trust::Ed25519Key root_key, operator_key, policy_key;
  contract::CatalogueRoot root_1;
  contract::Manifest manifest;
  contract::PackageEntry entry;
  std::vector<contract::FirstProgramReference> first{};
  Bytes body_document;
  std::vector<contract::BodyReference> said;
  std::map<std::uint64_t, Bytes> roots;
  std::map<std::string, Bytes> bodies, files, contents;
  bool serves_several = true, away = false;
  std::size_t most_in_an_answer = SIZE_MAX;
  std::vector<std::size_t> requests;  // how many bodies each asked for at once
  int single_requests = 0;
};

class PolicyKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/muster-policy-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    open();
    ASSERT_TRUE(keeper_->first_trust(site_.roots[1], sha256(site_.roots[1])));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void open() { keeper_.emplace(PolicyKeeper::open(folder_, site_.device).value()); }
  Result<void> take(const Bytes& header) {
    return keeper_->take_header(header, "\"1.1\"", site_, kStart);
  }
  // The one refusal of an otherwise good header.
  const ErrorKind* refusal() const {
    if (keeper_->refusals().size() != 1 || !keeper_->deployments().empty()) return nullptr;
    return &keeper_->refusals()[0].error.kind();
  }

  SeededRandom random_{8};
  FakeSite site_;
  std::filesystem::path folder_;
  std::optional<PolicyKeeper> keeper_;
};

inline Bytes flipped(Bytes bytes, std::size_t at) {
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  return bytes;
}

}  // namespace muster::client
