// Signed policy: bodies that many devices share, and one header per device.
#pragma once

#include "model/ids.h"
#include "store/site/devices.h"

namespace muster::store {

struct PolicyBody {
  Bytes hash;  // SHA-256 of `document`
  std::string kind;
  model::ObjectId object;
  Bytes document;
};

// The object's newest from now on, also where it was that before another one.
Result<void> add_policy_body(Transaction& transaction, const PolicyBody& body, Timestamp now);
Result<std::optional<PolicyBody>> newest_policy_body(Reader& reader, const model::ObjectId& object);
// Those that were superseded by another of their object, or whose object was deleted, before
// `moment`; returns their hashes.
Result<std::vector<Bytes>> remove_superseded_policy_bodies(Transaction& transaction,
                                                           Timestamp moment);

struct PolicyHeader {
  DeviceNumber device;
  std::int64_t epoch;
  std::int64_t version;
  Bytes content_hash;  // of what the header says, without version and times: finds "no change"
  Timestamp issued;
  Timestamp expires;
  Bytes document;
};

// Replaces the device's header. Error: kConflict when (epoch, version) does not rise.
Result<void> put_policy_header(Transaction& transaction, const PolicyHeader& header);
Result<std::optional<PolicyHeader>> find_policy_header(Reader& reader, DeviceNumber device);
// Devices whose header expires before `moment`, soonest first.
Result<std::vector<DeviceNumber>> expiring_policy_headers(Reader& reader, Timestamp moment,
                                                          std::int64_t limit);

// The last contact of each kind: policy fetched, header served...
struct ClientContact {
  DeviceNumber device;
  std::string kind;
  Timestamp at;
  std::string detail;
};
Result<void> note_contact(Transaction& transaction, const ClientContact& contact);
Result<std::vector<ClientContact>> contacts_of(Reader& reader, DeviceNumber device);

}  // namespace muster::store
