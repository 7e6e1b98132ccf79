// Content of packages and the signed catalogue documents about it.
#pragma once

#include "model/ids.h"
#include "store/database.h"

namespace muster::store {

struct PackageContent {
  model::ObjectId package;
  std::int64_t version;
  Bytes manifest_sha256;
  Bytes folder;  // 128 random bits: knowing the path is the permission to read
  std::int64_t size_bytes;
  Timestamp created;
  std::optional<Timestamp> withdrawn;
};

// Error: kConflict when the package has this version or a later one.
Result<void> add_package_content(Transaction& transaction, const PackageContent& content);
Result<std::optional<PackageContent>> find_package_content(Reader& reader,
                                                           const model::ObjectId& package,
                                                           std::int64_t version);
Result<std::optional<PackageContent>> find_package_by_folder(Reader& reader, ByteView folder);
// The highest version that is not withdrawn.
Result<std::optional<PackageContent>> current_package_content(Reader& reader,
                                                              const model::ObjectId& package);
Result<std::vector<PackageContent>> list_package_content(Reader& reader,
                                                         const model::ObjectId& package);
// A withdrawn version gets the new `folder`, so that the old path says nothing any more.
// Error: kNotFound, also when it was withdrawn before.
Result<void> withdraw_package_content(Transaction& transaction, const model::ObjectId& package,
                                      std::int64_t version, ByteView folder, Timestamp now);

struct CatalogueDocument {
  std::string role;  // "root", "snapshot", "packages/NAME"...
  std::int64_t version;
  Bytes sha256;
  Bytes bytes;
  Timestamp signed_at;
};

// The same document twice is one. Error: kConflict when this version of the role has other bytes,
// or is not later than the latest.
Result<void> add_catalogue_document(Transaction& transaction, std::string_view role,
                                    std::int64_t version, ByteView bytes, Timestamp signed_at);
Result<std::optional<CatalogueDocument>> find_catalogue_document(Reader& reader,
                                                                 std::string_view role,
                                                                 std::int64_t version);
Result<std::optional<CatalogueDocument>> latest_catalogue_document(Reader& reader,
                                                                   std::string_view role);
Result<std::optional<CatalogueDocument>> catalogue_document_by_hash(Reader& reader,
                                                                    ByteView sha256);
// The latest of every role, by role.
Result<std::vector<CatalogueDocument>> latest_catalogue_documents(Reader& reader);
// Forgets versions below `version`; returns how many.
Result<std::int64_t> remove_catalogue_documents(Transaction& transaction, std::string_view role,
                                                std::int64_t version);

}  // namespace muster::store
