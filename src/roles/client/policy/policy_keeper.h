// The client's policy: verified before it is kept, kept before it is followed, verified again
// when it is read back. Owns no connection: documents are handed in, wishes handed out.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contract/manifest.h"
#include "contract/policy.h"
#include "roles/client/inventory/collected_files.h"
#include "roles/client/inventory/declared_classes.h"
#include "roles/client/policy/policy_files.h"
#include "roles/client/software/deployment.h"
#include "trust/catalogue_trust.h"
#include "trust/signed_time.h"

namespace muster::client {

// A deployment of the policy, with everything that the client may run it by.
struct VerifiedDeployment {
  std::string name;  // as operators and users call it
  Deployment deployment;
};

// A part of the policy that was refused, and why.
struct Refusal {
  std::optional<model::ObjectId> deployment;  // nothing for the header and for unreadable bodies
  std::string package;
  std::string package_version;
  std::string program;
  Error error;
};

// Documents that a header names. All are found by hash, from anywhere.
class DocumentSource {
 public:
  virtual ~DocumentSource() = default;
  virtual Result<Bytes> policy_body(const std::string& sha256) = 0;
  // The first of 1 to contract::kMostPolicyBodies, at least one of them; nothing: they are to be
  // asked for one by one.
  virtual Result<std::optional<std::vector<Bytes>>> policy_bodies(
      std::span<const std::string> sha256) = 0;
  // "3.package-hello.json" of the catalogue.
  virtual Result<Bytes> catalogue_file(const std::string& name) = 0;
  // The next root of the catalogue; nothing where there is none.
  virtual Result<std::optional<Bytes>> root(std::uint64_t version) = 0;
  virtual Result<Bytes> content(const std::string& folder, const std::string& sha256,
                                std::uint64_t size_bytes) = 0;
};

class PolicyKeeper {
 public:
  // Reads the folder's pinned root, state and policy. Without a root first_trust() must follow.
  static Result<PolicyKeeper> open(std::filesystem::path folder, model::DeviceId device);
  static Result<PolicyKeeper> open(std::unique_ptr<PolicyFiles> files, model::DeviceId device);

  bool trusts() const { return trust_.has_value(); }
  // Pins 1.root.json by the hash of the enrolment token.
  Result<void> first_trust(ByteView root_1, ByteView root_sha256);

  // A document of another type by the policy key, such as a locator answer: its payload. A key that
  // only a later root names is looked for there.
  Result<Bytes> verify_signed(ByteView document, contract::SignedType type, DocumentSource& source);

  // The header that is followed now, as the management point named it; empty for none.
  const std::string& etag() const { return etag_; }

  // A new header document: verifies it, then all that it names; keeps and follows it. Parts that
  // are refused are in refusals(); a refused header leaves the former policy in force.
  Result<void> take_header(ByteView document, std::string_view etag, DocumentSource& source,
                           Timestamp clock);
  // "Nothing new" with the site's signed time.
  Result<void> take_site_time(ByteView document, Timestamp clock);
  // Verifies the kept policy again, for instance after a new root. Fetches only what is missing.
  Result<void> evaluate(DocumentSource& source, Timestamp clock);

  const std::optional<contract::PolicyHeader>& header() const { return header_; }
  const std::optional<contract::ClientSettingsBody>& settings() const { return settings_; }
  const std::vector<VerifiedDeployment>& deployments() const { return deployments_; }
  const std::vector<model::MaintenanceWindow>& windows() const { return windows_; }
  // Whether every part was read that may have had windows.
  bool windows_known() const { return bodies_known_; }
  // What is collected beside the program's inventory: each signed by an operator.
  const std::vector<TrustedClass>& classes() const { return classes_; }
  // The files of which the site keeps copies, likewise.
  const std::vector<TrustedFiles>& file_collections() const { return file_collections_; }
  // Whether every part was read and accepted that may have said so.
  bool classes_known() const { return bodies_known_ && classes_known_; }
  // What the site and this device's collections say together.
  const model::EffectiveAgent& agent() const { return agent_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  // Until when the policy may start anything: the header's end, or the age limit of the site's
  // signed time, whichever comes first.
  Timestamp good_until() const;
  Timestamp now(Timestamp clock) const { return time_.now(clock); }
  std::uint64_t resync_followed() const { return resync_followed_; }
  Result<void> follow_resync(std::uint64_t number);

 private:
  PolicyKeeper(std::unique_ptr<PolicyFiles> files, model::DeviceId device)
      : files_(std::move(files)), device_(std::move(device)) {}
  Result<void> load();
  Result<void> save_state() const;
  Result<void> walk_roots(DocumentSource& source, std::uint64_t version);
  // Those of the header that are not kept yet, several with one request.
  Result<void> fetch_bodies(DocumentSource& source);
  Result<contract::PolicyBody> body(const contract::BodyReference& reference,
                                    DocumentSource& source);
  // Where policy says that a program is.
  struct ProgramPlace {
    const std::string& package;
    const std::string& package_version;
    const std::string& program;
    const contract::EntryReference& entry;
    const std::string& content_folder;
  };
  struct SignedProgram {
    model::Program program;
    std::vector<ContentFile> files{};
  };
  Result<SignedProgram> verify_program(const ProgramPlace& place, DocumentSource& source,
                                       Timestamp now);
  Result<void> verify_first(const contract::DeploymentBody& body, DocumentSource& source,
                            Timestamp now, Deployment& deployment);
  Result<VerifiedDeployment> verify_deployment(const contract::DeploymentBody& body,
                                               DocumentSource& source, Timestamp now);
  Result<contract::SignedObject> verify_object(const contract::EntryReference& entry,
                                               DocumentSource& source, Timestamp now);
  Result<void> take_object(contract::SignedObject object, std::string_view role);
  void verify_classes(const contract::InventoryBody& body, DocumentSource& source, Timestamp now);
  Result<std::vector<model::Variable>> variables_for(const model::Program& program) const;
  // The kept file of that hash, or what `fetch` brings; `altered` when that has another hash.
  Result<Bytes> kept_or(std::string_view kind, const ErrorKind& altered, const std::string& sha256,
                        const std::function<Result<Bytes>()>& fetch) const;

  std::unique_ptr<PolicyFiles> files_;
  model::DeviceId device_;
  std::optional<trust::CatalogueTrust> trust_;
  trust::SignedTime time_;
  // Of site-time documents alone: headers are signed between two of them.
  Timestamp newest_site_time_;
  trust::PolicyVersion lowest_;
  // The highest that was accepted, by package; of other documents by "/" and their role.
  std::map<std::string, std::uint64_t> entry_versions_;
  std::uint64_t resync_followed_ = 0;
  std::string etag_;
  Bytes header_document_;
  std::optional<contract::PolicyHeader> header_;
  std::optional<contract::ClientSettingsBody> settings_;
  std::vector<VerifiedDeployment> deployments_;
  std::vector<model::MaintenanceWindow> windows_;
  bool bodies_known_ = true;
  std::vector<TrustedClass> classes_;
  std::vector<TrustedFiles> file_collections_;
  bool classes_known_ = true;
  model::EffectiveAgent agent_ = model::effective_agent({}, {});
  std::vector<Refusal> refusals_;
};

}  // namespace muster::client
