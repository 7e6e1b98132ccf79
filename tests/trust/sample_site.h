// A site's keys and documents for tests, the same in every run.
#pragma once

#include <string>
#include <vector>

#include "contract/catalogue.h"
#include "trust/catalogue_signature.h"
#include "trust/ceremony.h"
#include "trust/keys.h"

namespace muster::trust {

inline const Timestamp kNow = *parse_timestamp("2026-01-31T12:00:00Z");
inline constexpr Duration kDay = std::chrono::hours(24);
inline const std::string kManifestHash(64, 'e');

inline Ed25519Key key_of_seed(std::uint64_t seed) {
  SeededRandom random(seed);
  return Ed25519Key::generate(random);
}

struct SampleSite {
  Ed25519Key root_key = key_of_seed(1);
  Ed25519Key operator_key = key_of_seed(2);
  Ed25519Key policy_key = key_of_seed(3);
  Ed25519Key other_key = key_of_seed(4);

  contract::CatalogueRoot root() const {
    return first_root({root_key.public_key(), operator_key.public_key(), policy_key.public_key()},
                      kNow);
  }
  Bytes root_document() const { return signed_root(root(), {&root_key}); }

  static Bytes signed_root(const contract::CatalogueRoot& root,
                           const std::vector<const Ed25519Key*>& keys) {
    return sign_catalogue_document(contract::encode_root(root), keys);
  }
};

inline contract::PackageEntry sample_entry() {
  contract::PackageEntry entry;
  entry.version = 5;
  entry.expires = catalogue_expiry(kNow);
  entry.package = "editor";
  entry.package_version = "2.1";
  entry.manifest_length = 700;
  entry.manifest_sha256 = kManifestHash;
  model::Program program{"install"};
  program.argv = {"bin/setup", "--quiet"};
  entry.programs = {program};
  return entry;
}

}  // namespace muster::trust
