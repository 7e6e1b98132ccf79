// The documents that only people sign: the catalogue's root and operators, and what operators
// apply. Pure functions; the console holds the keys and writes the files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contract/catalogue.h"
#include "contract/signed_object.h"
#include "trust/keys.h"

namespace muster::trust {

// Of root, targets and package documents: 365 days.
Timestamp catalogue_expiry(Timestamp now);
// Of snapshot and timestamp: 7 days.
Timestamp freshness_expiry(Timestamp now);

struct SiteKeys {
  Ed25519PublicKey root;
  // The first operator's.
  Ed25519PublicKey catalogue;
  Ed25519PublicKey policy;
};

// Version 1: one root key, one operator, thresholds of 1, the policy key for freshness.
contract::CatalogueRoot first_root(const SiteKeys& keys, Timestamp now);

// The next version, valid from now for a year. Errors: kOperatorExists (also for a key that has
// another role), kOperatorUnknown, kThreshold when the last operator would go.
Result<contract::CatalogueRoot> with_operator(const contract::CatalogueRoot& root,
                                              const Ed25519PublicKey& key, Timestamp now);
Result<contract::CatalogueRoot> without_operator(const contract::CatalogueRoot& root,
                                                 std::string_view catalogue_key_id, Timestamp now);
contract::CatalogueRoot with_policy_key(const contract::CatalogueRoot& root,
                                        const Ed25519PublicKey& key, Timestamp now);
// The same roles, for another year.
contract::CatalogueRoot renewed(const contract::CatalogueRoot& root, Timestamp now);

// N.root.json. Error: kThreshold when `keys` do not reach the threshold of this root.
Result<Bytes> sign_root(const contract::CatalogueRoot& root,
                        std::span<const Ed25519Key* const> keys);

// The targets document of a root's operators. `last_version` is 0 for the first.
contract::CatalogueTargets next_targets(const contract::CatalogueRoot& root,
                                        std::vector<std::string> roles, std::uint64_t last_version,
                                        Timestamp now);
Bytes sign_targets(const contract::CatalogueTargets& targets, const Ed25519Key& operator_key);

// Checks the entry by contract::check_entry() first. Error: kCatalogueMalformed.
Result<Bytes> sign_entry(const contract::PackageEntry& entry, const Ed25519Key& operator_key);
// The object is of a kind that operators sign as a whole. Error: kCatalogueMalformed.
Result<Bytes> sign_object(const contract::SignedObject& object, const Ed25519Key& operator_key);

}  // namespace muster::trust
