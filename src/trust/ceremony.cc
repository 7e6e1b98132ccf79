#include "trust/ceremony.h"

#include <algorithm>

#include "contract/catalogue_check.h"
#include "trust/catalogue_signature.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

using contract::CatalogueKey;
using contract::CatalogueRoot;
using contract::RoleKeys;

bool has(const RoleKeys& role, std::string_view id) {
  return std::find(role.key_ids.begin(), role.key_ids.end(), id) != role.key_ids.end();
}

CatalogueRoot next_version(const CatalogueRoot& root, Timestamp now) {
  CatalogueRoot next = root;
  ++next.version;
  next.expires = catalogue_expiry(now);
  return next;
}

// TUF keys that no role names would stay trusted by a later mistake.
void drop_unused_keys(CatalogueRoot& root) {
  std::erase_if(root.keys, [&](const CatalogueKey& key) {
    const std::string id = key.id();
    return !has(root.root, id) && !has(root.targets, id) && !has(root.snapshot, id) &&
           !has(root.timestamp, id);
  });
}

}  // namespace

Timestamp catalogue_expiry(Timestamp now) { return now + std::chrono::hours(24 * 365); }
Timestamp freshness_expiry(Timestamp now) { return now + std::chrono::hours(24 * 7); }

CatalogueRoot first_root(const SiteKeys& keys, Timestamp now) {
  const CatalogueKey root_key = catalogue_key(keys.root);
  const CatalogueKey operator_key = catalogue_key(keys.catalogue);
  const CatalogueKey policy_key = catalogue_key(keys.policy);
  CatalogueRoot root;
  root.version = 1;
  root.expires = catalogue_expiry(now);
  root.keys = {root_key, operator_key, policy_key};
  root.root = {{root_key.id()}, 1};
  root.targets = {{operator_key.id()}, 1};
  root.snapshot = {{policy_key.id()}, 1};
  root.timestamp = {{policy_key.id()}, 1};
  return root;
}

Result<CatalogueRoot> with_operator(const CatalogueRoot& root, const Ed25519PublicKey& key,
                                    Timestamp now) {
  const CatalogueKey added = catalogue_key(key);
  if (root.key(added.id()) != nullptr)
    return fail(kOperatorExists, "key {} has a role in root version {}", added.id(), root.version);
  CatalogueRoot next = next_version(root, now);
  next.keys.push_back(added);
  next.targets.key_ids.push_back(added.id());
  return next;
}

Result<CatalogueRoot> without_operator(const CatalogueRoot& root, std::string_view catalogue_key_id,
                                       Timestamp now) {
  if (!has(root.targets, catalogue_key_id))
    return fail(kOperatorUnknown, "key {} is no operator's in root version {}", catalogue_key_id,
                root.version);
  CatalogueRoot next = next_version(root, now);
  std::erase(next.targets.key_ids, catalogue_key_id);
  if (next.targets.key_ids.size() < next.targets.threshold)
    return fail(kThreshold, "{} operators would be left, {} must sign", next.targets.key_ids.size(),
                next.targets.threshold);
  drop_unused_keys(next);
  return next;
}

CatalogueRoot with_policy_key(const CatalogueRoot& root, const Ed25519PublicKey& key,
                              Timestamp now) {
  const CatalogueKey added = catalogue_key(key);
  CatalogueRoot next = next_version(root, now);
  next.snapshot = {{added.id()}, 1};
  next.timestamp = {{added.id()}, 1};
  drop_unused_keys(next);
  if (next.key(added.id()) == nullptr) next.keys.push_back(added);
  return next;
}

CatalogueRoot renewed(const CatalogueRoot& root, Timestamp now) { return next_version(root, now); }

Result<Bytes> sign_root(const CatalogueRoot& root, std::span<const Ed25519Key* const> keys) {
  const contract::CataloguePart part = contract::encode_root(root);
  Bytes document = sign_catalogue_document(part, keys);
  const auto decoded = TRY(contract::decode_root(document));
  TRY(check_signatures(fmt::format("root version {}", root.version), decoded.canonical,
                       decoded.signatures, root, root.root, kThreshold));
  return document;
}

contract::CatalogueTargets next_targets(const CatalogueRoot& root, std::vector<std::string> roles,
                                        std::uint64_t last_version, Timestamp now) {
  contract::CatalogueTargets targets;
  targets.version = last_version + 1;
  targets.expires = catalogue_expiry(now);
  for (const std::string& id : root.targets.key_ids) targets.operators.push_back(*root.key(id));
  std::sort(roles.begin(), roles.end());
  roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
  targets.roles = std::move(roles);
  return targets;
}

Bytes sign_targets(const contract::CatalogueTargets& targets, const Ed25519Key& operator_key) {
  const Ed25519Key* keys[] = {&operator_key};
  return sign_catalogue_document(contract::encode_targets(targets), keys);
}

Result<Bytes> sign_entry(const contract::PackageEntry& entry, const Ed25519Key& operator_key) {
  TRY(contract::check_entry(entry));
  const Ed25519Key* keys[] = {&operator_key};
  return sign_catalogue_document(contract::encode_entry(entry), keys);
}

Result<Bytes> sign_object(const contract::SignedObject& object, const Ed25519Key& operator_key) {
  const Ed25519Key* keys[] = {&operator_key};
  Bytes document = sign_catalogue_document(contract::encode_signed_object(object), keys);
  // What a client would not take is no use at the site either.
  TRY(contract::decode_signed_object(document));
  return document;
}

}  // namespace muster::trust
