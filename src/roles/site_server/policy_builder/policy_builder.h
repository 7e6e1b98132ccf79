// Builds policy: one signed body per deployment and for the client settings, one signed header per
// device that names what applies to it. Signs only what changed.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "contract/policy.h"
#include "hosting/site.h"
#include "store/site/devices.h"
#include "store/site/objects.h"

namespace muster::site_server {

class PolicyBuilder {
 public:
  explicit PolicyBuilder(hosting::Site& site) : site_(&site) {}

  // Puts bodies and headers of the database on the shelf, and signs what is missing there.
  Result<void> load(std::set<store::DeviceNumber>& dirty);

  // A deployment, a package that deployments use, or a collection was created, changed or deleted.
  // What cannot be followed now, because the signer is away or the object is unreadable, is kept
  // for retry() and holds up nothing else.
  void follow(const store::Change& change, std::set<store::DeviceNumber>& dirty);
  void retry(std::set<store::DeviceNumber>& dirty);

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
    std::string collection;                    // object id, or all-systems
    std::vector<std::string> content_folders;  // of a deployment alone
  };
  struct NewHeader {
    contract::PolicyHeader header;
    store::DeviceNumber device;
    Bytes content_hash;
    std::vector<std::string> folders;
  };

  Result<void> try_to_follow(const std::string& kind, const model::ObjectId& id,
                             std::set<store::DeviceNumber>& dirty);
  void keep(const std::string& kind, const model::ObjectId& id, const Error& error);
  Result<void> make_settings_body(std::set<store::DeviceNumber>& dirty);
  Result<void> make_inventory_body(std::set<store::DeviceNumber>& dirty);
  Result<void> make_deployment_body(const store::Object& object,
                                    std::set<store::DeviceNumber>& dirty);
  Result<void> make_collection_body(const store::Object& object,
                                    std::set<store::DeviceNumber>& dirty);
  Result<void> sign_collection(const store::Object& object, std::set<store::DeviceNumber>& dirty);
  Result<void> forget_collection(const model::ObjectId& collection,
                                 std::set<store::DeviceNumber>& dirty);
  Result<std::optional<contract::DeploymentBody>> body_of(const store::Object& object,
                                                          std::string& collection);
  Result<contract::BodyReference> signed_body(std::string_view kind, const model::ObjectId& object,
                                              ByteView payload);
  Result<std::vector<store::DeviceNumber>> members(const std::string& collection) const;
  Result<std::optional<NewHeader>> header_for(store::Reader& reader, store::DeviceNumber device,
                                              Timestamp now) const;
  Result<void> publish(std::vector<NewHeader> headers);
  void shelve(const contract::PolicyHeader& header, std::vector<std::string> folders,
              Bytes document);

  hosting::Site* site_;
  std::uint64_t epoch_ = 1;
  std::uint64_t catalogue_root_ = 0;
  std::optional<Body> settings_body_;
  std::optional<Body> inventory_body_;      // where an operator declared what to collect
  std::map<model::ObjectId, Body> bodies_;  // by deployment
  std::map<model::ObjectId, Body> said_;    // by collection
  // Collections of which nobody has signed yet what they say. Their members get no new header:
  // without the windows it would let programs run at any time.
  std::set<model::ObjectId> unsigned_;
  std::map<model::ObjectId, std::string> kept_;                  // kinds of objects, for retry()
  std::map<std::string, std::set<model::ObjectId>> by_package_;  // names of packages
};

}  // namespace muster::site_server
