// What a client holds against everyone: the pinned catalogue root, and what it verifies with it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "contract/catalogue.h"
#include "contract/policy.h"
#include "contract/signed_document.h"
#include "contract/signed_object.h"
#include "trust/keys.h"

namespace muster::trust {

// A package's document as a policy body names it.
struct ExpectedEntry {
  std::string package;
  // 64 hex digits, of the whole document.
  std::string sha256;
  // The highest version of this package's document that was accepted before.
  std::uint64_t lowest_version = 0;
};

// The document of an object that operators sign as a whole, as a policy body names it.
struct ExpectedObject {
  std::string role;  // "class-NAME"
  std::string sha256;
  std::uint64_t lowest_version = 0;
};

// Orders the headers of one device.
struct PolicyVersion {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  friend auto operator<=>(const PolicyVersion&, const PolicyVersion&) = default;
};

// A value: every root that is accepted makes a new one, which the client then stores. `now` is
// SignedTime::now(). No step needs a connection.
class CatalogueTrust {
 public:
  // First trust: `root_1` is 1.root.json and has the hash that the enrolment token names.
  // Errors: kWrongRoot, kCatalogueMalformed, kWrongVersion, kBadSignature, kThreshold.
  static Result<CatalogueTrust> pin(ByteView root_1, ByteView root_sha256);
  // A root that was accepted before, from the client's own state folder.
  static Result<CatalogueTrust> restore(ByteView root);

  // The next root, signed by the threshold of this one and by its own. Expiry is not looked at:
  // a client that was off for years walks through expired ones. Errors: kRolledBack,
  // kWrongVersion, kUnknownKey, kBadSignature, kThreshold, kCatalogueMalformed.
  Result<CatalogueTrust> advance(ByteView next_root) const;

  const contract::CatalogueRoot& root() const { return root_; }
  // As it came, to be stored.
  const Bytes& document() const { return document_; }

  // Errors: kWrongHash, kCatalogueMalformed, kSignerNotOperator, kBadSignature, kThreshold,
  // kExpired (the document or the root), kRolledBack, kWrongPackage.
  Result<contract::PackageEntry> verify_entry(ByteView document, const ExpectedEntry& expected,
                                              Timestamp now) const;

  // For who signs the next version: this one is an operator's and of the package. It may have
  // expired. Errors: kCatalogueMalformed, kSignerNotOperator, kBadSignature, kThreshold,
  // kWrongPackage.
  Result<contract::PackageEntry> verify_last_entry(ByteView document,
                                                   std::string_view package) const;

  // The same two for an object that operators sign as a whole; kWrongObject for kWrongPackage.
  Result<contract::SignedObject> verify_object(ByteView document, const ExpectedObject& expected,
                                               Timestamp now) const;
  Result<contract::SignedObject> verify_last_object(ByteView document, std::string_view role) const;

  // Errors: kSignedDocumentMalformed, kWrongDocumentType, kUnknownKey, kBadSignature,
  // kWrongDevice, kRolledBack (lower than `lowest`), kExpired (the header or the root).
  Result<contract::PolicyHeader> verify_policy_header(ByteView document,
                                                      const model::DeviceId& device,
                                                      const PolicyVersion& lowest,
                                                      Timestamp now) const;
  // `reference` stands in a verified header. Errors: kWrongHash, and as above without device,
  // version and expiry.
  Result<contract::PolicyBody> verify_policy_body(ByteView document,
                                                  const contract::BodyReference& reference) const;
  // Errors: as above; kRolledBack when older than `newest`, kExpired when older than `now` by
  // more than `max_age`.
  Result<contract::SiteTime> verify_site_time(ByteView document, Timestamp newest, Timestamp now,
                                              Duration max_age) const;
  // A document of another type by the policy key, such as a locator answer: its payload.
  Result<Bytes> verify_signed(ByteView document, contract::SignedType type) const;

 private:
  CatalogueTrust(contract::CatalogueRoot root, Bytes document,
                 std::vector<Ed25519PublicKey> policy_keys);
  static Result<CatalogueTrust> trust_root(contract::SignedCatalogue<contract::CatalogueRoot> root,
                                           ByteView document);
  Result<void> check_root_valid(Timestamp now) const;
  // What an entry of the catalogue must be besides being signed.
  struct Expected {
    std::string_view what;
    std::string_view sha256;
    std::uint64_t lowest_version;
  };
  Result<void> check_hash(ByteView document, const Expected& expected) const;
  template <typename Entry>
  Result<void> check_fresh(const Entry& entry, const Expected& expected, Timestamp now) const;

  contract::CatalogueRoot root_;
  Bytes document_;
  std::vector<Ed25519PublicKey> policy_keys_;
};

}  // namespace muster::trust
