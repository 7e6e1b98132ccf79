// What the site's objects say in policy now, read from the database: bodies before they are signed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "contract/policy.h"
#include "hosting/site.h"
#include "roles/site_server/program_reference.h"
#include "store/site/objects.h"

namespace muster::site_server {

struct BodyDraft {
  model::ObjectId object;
  std::string kind;  // of the object
  // Below: of one that says something.
  Bytes payload{};
  Bytes payload_hash{};
  std::string collection{};                    // object id, or all-systems
  std::vector<std::string> content_folders{};  // of a deployment alone
  // Of a deployment: the packages that it asks for, whether or not they are there.
  std::set<std::string> packages{};
  // The object's newest signed body, where it says the same and has the bytes that were signed; or
  // what the signer made of the payload.
  Bytes document{};
  Bytes hash{};  // of the document
};

// Kinds beside those of objects: what the site says to all of its devices, under ids of their own.
inline constexpr std::string_view kSettingsKind = "ClientSettings";
inline constexpr std::string_view kInventoryKind = "Inventory";
model::ObjectId settings_body_id(const model::SiteCode& site);
model::ObjectId inventory_body_id(const model::SiteCode& site);

// How the table of bodies calls a body of that kind.
std::string_view body_kind(std::string_view kind);

// Reads each package and collection once, however many deployments name it. Lives as long as a
// read.
class DraftReader {
 public:
  DraftReader(const hosting::Site& site, store::Reader& reader)
      : site_(&site), reader_(&reader), programs_(reader) {}

  // Without a payload: the object says nothing, or is not there. `newest` is the hash of the
  // payload of its newest body; null where nobody knows.
  Result<BodyDraft> read(const model::ObjectId& object, const std::string& kind,
                         const Bytes* newest);

 private:
  Result<void> say_settings(BodyDraft& draft) const;
  Result<void> say_inventory(BodyDraft& draft) const;
  Result<void> say_collection(const store::Object& object, BodyDraft& draft) const;
  Result<void> say_deployment(const store::Object& object, BodyDraft& draft);
  Result<std::optional<std::string>> collection_id(const std::string& name);
  Result<void> find_document(BodyDraft& draft) const;

  const hosting::Site* site_;
  store::Reader* reader_;
  ProgramReader programs_;
  std::map<std::string, std::optional<std::string>> collections_;  // ids by name
};

}  // namespace muster::site_server
