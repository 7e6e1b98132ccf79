// Builds policy: one signed body per deployment and for the client settings, one signed header per
// device that names what applies to it. Signs only what changed.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "contract/policy.h"
#include "hosting/site.h"
#include "roles/site_server/policy_builder/body_drafts.h"
#include "store/site/devices.h"
#include "store/site/objects.h"

namespace muster::site_server {

class PolicyBuilder {
 public:
  explicit PolicyBuilder(hosting::Site& site) : site_(&site) {}

  // Puts bodies and headers of the database on the shelf, and signs what is missing there.
  Result<void> load(std::set<store::DeviceNumber>& dirty);

  // A deployment, a package that deployments use, or a collection was created, changed or deleted:
  // the next follow_noted() looks at it.
  void note(const store::Change& change);
  // Signs what is new in what was noted, all of it together. What cannot be followed now, because
  // the signer is away or the object is unreadable, is kept for retry() and holds up nothing else.
  // Error: the database is away; what was noted stays noted.
  Result<void> follow_noted(std::set<store::DeviceNumber>& dirty);
  // Notes again what could not be followed.
  void retry();

  // New headers for those of the devices whose policy says something new.
  Result<void> build(const std::set<store::DeviceNumber>& devices);

  // Headers that have lived half of their life, a few thousand at a time.
  Result<bool> renew(std::set<store::DeviceNumber>& dirty);

  // Bodies that no header can name any more: those that were of use when they were superseded have
  // expired.
  Result<void> forget_bodies(Timestamp now);

  Result<void> sign_site_time();

  // All devices hear of a new catalogue root, so that an operator who was removed is refused.
  Result<void> follow_root(std::set<store::DeviceNumber>& dirty);

 private:
  struct Body {
    contract::BodyReference reference;
    Bytes payload_hash;
    std::string collection;                    // object id, or all-systems
    std::vector<std::string> content_folders;  // of a deployment alone
    friend bool operator==(const Body&, const Body&) = default;
  };
  using Bodies = std::map<model::ObjectId, Body>;
  struct NewHeader {
    contract::PolicyHeader header;
    store::DeviceNumber device;
    Bytes content_hash;
    std::vector<std::string> folders;
  };

  struct Kept {
    std::string kind;  // of the object
    Error error;
  };
  using Noted = std::map<model::ObjectId, std::string>;  // kinds

  Bodies& bodies_of(const std::string& kind);
  void keep(const model::ObjectId& id, const std::string& kind, const Error& error);
  Result<void> add_users_of_packages();
  Result<std::vector<BodyDraft>> read_drafts(const Noted& noted);
  std::vector<BodyDraft> sign(std::vector<BodyDraft> drafts);
  Result<void> store_bodies(const std::vector<const BodyDraft*>& drafts);
  std::vector<BodyDraft> stored(std::vector<BodyDraft> drafts,
                                const std::vector<std::size_t>& fresh);
  void take(BodyDraft draft);
  Result<std::vector<store::DeviceNumber>> members(const std::string& collection) const;
  Result<std::optional<NewHeader>> header_for(store::Reader& reader, store::DeviceNumber device,
                                              Timestamp now) const;
  Result<std::int64_t> take_versions(std::int64_t count);
  Result<void> publish(std::vector<NewHeader> headers);
  void shelve(const contract::PolicyHeader& header, std::vector<std::string> folders,
              Bytes document);

  hosting::Site* site_;
  std::uint64_t epoch_ = 1;
  // Versions that the database counts as taken and that no header has yet.
  std::int64_t next_version_ = 0, versions_end_ = 0;
  std::uint64_t catalogue_root_ = 0;
  Bodies site_bodies_;  // of all devices: settings, and what an operator declared to collect
  Bodies bodies_;       // by deployment
  Bodies said_;         // by collection
  // Collections of which nobody has signed yet what they say. Their members get no new header:
  // without the windows it would let programs run at any time.
  std::set<model::ObjectId> unsigned_;
  Noted noted_;                    // since follow_noted()
  std::set<std::string> touched_;  // collections whose members have not heard of a change yet
  std::map<model::ObjectId, Kept> kept_;                         // for retry()
  std::map<std::string, std::set<model::ObjectId>> by_package_;  // names of packages
};

}  // namespace muster::site_server
