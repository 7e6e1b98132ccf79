// The catalogue's documents in TUF 1.0 form: who may sign what, and what each package may run.
// docs/protocols/catalogue.md. Signatures are verified in trust/, nothing is here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/package.h"

namespace muster::contract {

// An Ed25519 key, 32 raw bytes.
struct CatalogueKey {
  Bytes public_key;
  // As TUF names keys: SHA-256 in hex of the key object's canonical JSON.
  std::string id() const;
  friend bool operator==(const CatalogueKey&, const CatalogueKey&) = default;
};

// Whose signatures a document needs, and how many of them.
struct RoleKeys {
  std::vector<std::string> key_ids;
  std::uint64_t threshold = 1;
  friend bool operator==(const RoleKeys&, const RoleKeys&) = default;
};

// root.json. `targets` are the operators, `snapshot` and `timestamp` the site's policy key.
struct CatalogueRoot {
  std::uint64_t version = 1;
  Timestamp expires{};
  std::vector<CatalogueKey> keys{};
  RoleKeys root{};
  RoleKeys targets{};
  RoleKeys snapshot{};
  RoleKeys timestamp{};

  // Null when no key has the id.
  const CatalogueKey* key(std::string_view id) const;
  friend bool operator==(const CatalogueRoot&, const CatalogueRoot&) = default;
};

// targets.json: delegates one role per package and per object that operators sign as a whole, each
// to all operators, and lists no target itself.
struct CatalogueTargets {
  std::uint64_t version = 1;
  Timestamp expires{};
  std::vector<CatalogueKey> operators{};
  // "class-NAME", "files-NAME", "package-NAME": sorted.
  std::vector<std::string> roles{};
  friend bool operator==(const CatalogueTargets&, const CatalogueTargets&) = default;
};

// package-NAME.json: what an operator signed about one package.
struct PackageEntry {
  std::uint64_t version = 1;
  Timestamp expires{};
  std::string package{};
  std::string package_version{};
  std::uint64_t manifest_length = 0;
  // 64 hex digits.
  std::string manifest_sha256{};
  std::vector<model::Program> programs{};

  // Null when no program has the name.
  const model::Program* program(std::string_view name) const;
  friend bool operator==(const PackageEntry&, const PackageEntry&) = default;
};

// What snapshot.json and timestamp.json say of another document.
struct CatalogueFile {
  std::uint64_t version = 0;
  std::uint64_t length = 0;
  // 64 hex digits.
  std::string sha256;
  friend bool operator==(const CatalogueFile&, const CatalogueFile&) = default;
};
CatalogueFile catalogue_file(std::uint64_t version, ByteView document);

// snapshot.json. Names are roles: "targets", "class-NAME", "package-NAME".
struct CatalogueSnapshot {
  std::uint64_t version = 1;
  Timestamp expires{};
  std::map<std::string, CatalogueFile> files{};
  friend bool operator==(const CatalogueSnapshot&, const CatalogueSnapshot&) = default;
};

// timestamp.json.
struct CatalogueTimestamp {
  std::uint64_t version = 1;
  Timestamp expires{};
  CatalogueFile snapshot{};
  friend bool operator==(const CatalogueTimestamp&, const CatalogueTimestamp&) = default;
};

struct CatalogueSignature {
  std::string key_id;
  // 64 bytes.
  Bytes signature;
  friend bool operator==(const CatalogueSignature&, const CatalogueSignature&) = default;
};

// The `signed` part: as JSON for the file, and in the canonical form, which is what keys sign. The
// two differ where a string holds control characters, which canonical JSON leaves as they are.
struct CataloguePart {
  Bytes json;
  Bytes canonical;
};
CataloguePart encode_root(const CatalogueRoot& root);
CataloguePart encode_targets(const CatalogueTargets& targets);
CataloguePart encode_entry(const PackageEntry& entry);
CataloguePart encode_snapshot(const CatalogueSnapshot& snapshot);
CataloguePart encode_timestamp(const CatalogueTimestamp& timestamp);

// The document as it is stored and served.
Bytes assemble_catalogue(const CataloguePart& part,
                         const std::vector<CatalogueSignature>& signatures);

template <typename Document>
struct SignedCatalogue {
  Document value;
  // What the signatures cover.
  Bytes canonical;
  std::vector<CatalogueSignature> signatures;
};

inline constexpr std::size_t kCatalogueLimit = 8u << 20;

// Strict: no unknown role, key type or program member, no key under another's id, no signature
// twice by one key. Error: kCatalogueMalformed. No signature is verified, no expiry compared.
Result<SignedCatalogue<CatalogueRoot>> decode_root(ByteView document);
Result<SignedCatalogue<CatalogueTargets>> decode_targets(ByteView document);
Result<SignedCatalogue<PackageEntry>> decode_entry(ByteView document);
Result<SignedCatalogue<CatalogueSnapshot>> decode_snapshot(ByteView document);
Result<SignedCatalogue<CatalogueTimestamp>> decode_timestamp(ByteView document);

// Only the `signed` part, as the signer receives it.
Result<CatalogueSnapshot> decode_snapshot_part(ByteView part);
Result<CatalogueTimestamp> decode_timestamp_part(ByteView part);

// "package-NAME", the role of a package.
std::string package_role(std::string_view package);
// "3.package-NAME.json"; "timestamp.json" has no version in its name.
std::string catalogue_file_name(std::string_view role, std::uint64_t version);
// "packages/NAME/manifest.json", and the same as it is stored: "packages/NAME/HASH.manifest.json".
std::string manifest_target(std::string_view package);
std::string manifest_file_name(std::string_view package, std::string_view sha256);

}  // namespace muster::contract
