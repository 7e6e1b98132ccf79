#include "trust/catalogue_trust.h"

#include "base/sha256.h"
#include "trust/catalogue_signature.h"
#include "trust/document_signature.h"
#include "trust/errors.h"

namespace muster::trust {

using contract::SignedType;

CatalogueTrust::CatalogueTrust(contract::CatalogueRoot root, Bytes document,
                               std::vector<Ed25519PublicKey> policy_keys)
    : root_(std::move(root)),
      document_(std::move(document)),
      policy_keys_(std::move(policy_keys)) {}

Result<CatalogueTrust> CatalogueTrust::trust_root(
    contract::SignedCatalogue<contract::CatalogueRoot> root, ByteView document) {
  const contract::CatalogueRoot& value = root.value;
  TRY(check_signatures(fmt::format("root version {}", value.version), root.canonical,
                       root.signatures, value, value.root, kUnknownKey));
  std::vector<Ed25519PublicKey> policy_keys;
  for (const std::string& id : value.timestamp.key_ids)
    policy_keys.push_back(TRY(Ed25519PublicKey::from_raw(value.key(id)->public_key)));
  return CatalogueTrust(std::move(root.value), Bytes(document), std::move(policy_keys));
}

Result<CatalogueTrust> CatalogueTrust::pin(ByteView root_1, ByteView root_sha256) {
  if (sha256(root_1) != root_sha256)
    return fail(kWrongRoot, "the root has SHA-256 {}, the token names {}", sha256_hex(root_1),
                to_hex(root_sha256));
  auto root = TRY(contract::decode_root(root_1));
  if (root.value.version != 1)
    return fail(kWrongVersion, "the first root is of version {}", root.value.version);
  return trust_root(std::move(root), root_1);
}

Result<CatalogueTrust> CatalogueTrust::restore(ByteView root) {
  return trust_root(TRY(contract::decode_root(root)), root);
}

Result<CatalogueTrust> CatalogueTrust::advance(ByteView next_root) const {
  auto next = TRY(contract::decode_root(next_root));
  if (next.value.version <= root_.version)
    return fail(kRolledBack, "root version {}, version {} is trusted", next.value.version,
                root_.version);
  if (next.value.version != root_.version + 1)
    return fail(kWrongVersion, "root version {} after version {}", next.value.version,
                root_.version);
  TRY(check_signatures(
      fmt::format("root version {} by version {}", next.value.version, root_.version),
      next.canonical, next.signatures, root_, root_.root, kUnknownKey));
  return trust_root(std::move(next), next_root);
}

Result<void> CatalogueTrust::check_root_valid(Timestamp now) const {
  if (now < root_.expires) return {};
  return fail(kExpired, "root version {} at {}", root_.version, to_text(root_.expires));
}

Result<void> CatalogueTrust::check_hash(ByteView document, const Expected& expected) const {
  const std::string found = sha256_hex(document);
  if (found == expected.sha256) return {};
  return fail(kWrongHash, "{} has SHA-256 {} instead of {}", expected.what, found, expected.sha256);
}

template <typename Entry>
Result<void> CatalogueTrust::check_fresh(const Entry& entry, const Expected& expected,
                                         Timestamp now) const {
  if (entry.version < expected.lowest_version)
    return fail(kRolledBack, "{}: version {}, version {} was seen", expected.what, entry.version,
                expected.lowest_version);
  if (now >= entry.expires)
    return fail(kExpired, "{} at {}", expected.what, to_text(entry.expires));
  return {};
}

Result<contract::PackageEntry> CatalogueTrust::verify_entry(ByteView document,
                                                            const ExpectedEntry& expected,
                                                            Timestamp now) const {
  TRY(check_root_valid(now));
  const std::string what = fmt::format("document of package '{}'", expected.package);
  const Expected wanted{what, expected.sha256, expected.lowest_version};
  TRY(check_hash(document, wanted));
  auto entry = TRY(verify_last_entry(document, expected.package));
  TRY(check_fresh(entry, wanted, now));
  return entry;
}

Result<contract::SignedObject> CatalogueTrust::verify_object(ByteView document,
                                                             const ExpectedObject& expected,
                                                             Timestamp now) const {
  TRY(check_root_valid(now));
  const std::string what = fmt::format("document of '{}'", expected.role);
  const Expected wanted{what, expected.sha256, expected.lowest_version};
  TRY(check_hash(document, wanted));
  auto object = TRY(verify_last_object(document, expected.role));
  TRY(check_fresh(object, wanted, now));
  return object;
}

Result<contract::SignedObject> CatalogueTrust::verify_last_object(ByteView document,
                                                                  std::string_view role) const {
  auto object = TRY(contract::decode_signed_object(document));
  const std::string what = fmt::format("document of '{}'", role);
  TRY(check_signatures(what, object.canonical, object.signatures, root_, root_.targets,
                       kSignerNotOperator));
  const std::string found = contract::catalogue_role(object.value.object);
  if (found != role) return fail(kWrongObject, "{} describes '{}'", what, found);
  return std::move(object.value);
}

Result<contract::PackageEntry> CatalogueTrust::verify_last_entry(ByteView document,
                                                                 std::string_view package) const {
  auto entry = TRY(contract::decode_entry(document));
  const std::string what = fmt::format("document of package '{}'", package);
  TRY(check_signatures(what, entry.canonical, entry.signatures, root_, root_.targets,
                       kSignerNotOperator));
  if (entry.value.package != package)
    return fail(kWrongPackage, "{} describes '{}'", what, entry.value.package);
  return std::move(entry.value);
}

Result<Bytes> CatalogueTrust::verify_signed(ByteView document, SignedType type) const {
  return verify_document(document, type, policy_keys_);
}

Result<contract::PolicyHeader> CatalogueTrust::verify_policy_header(ByteView document,
                                                                    const model::DeviceId& device,
                                                                    const PolicyVersion& lowest,
                                                                    Timestamp now) const {
  TRY(check_root_valid(now));
  auto header =
      TRY(contract::decode_policy_header(TRY(verify_signed(document, SignedType::PolicyHeader))));
  if (header.device != device)
    return fail(kWrongDevice, "policy header of device {} at device {}", header.device.text(),
                device.text());
  if (PolicyVersion{header.epoch, header.version} < lowest)
    return fail(kRolledBack, "policy header {}.{}, {}.{} was seen", header.epoch, header.version,
                lowest.epoch, lowest.version);
  if (now >= header.expires)
    return fail(kExpired, "policy header {}.{} at {}", header.epoch, header.version,
                to_text(header.expires));
  return header;
}

Result<contract::PolicyBody> CatalogueTrust::verify_policy_body(
    ByteView document, const contract::BodyReference& reference) const {
  if (const std::string found = sha256_hex(document);
      document.size() != reference.size_bytes || found != reference.sha256)
    return fail(kWrongHash, "policy body of {} bytes with SHA-256 {} instead of {} with {}",
                document.size(), found, reference.size_bytes, reference.sha256);
  return contract::decode_policy_body(TRY(verify_signed(document, SignedType::PolicyBody)));
}

Result<contract::SiteTime> CatalogueTrust::verify_site_time(ByteView document, Timestamp newest,
                                                            Timestamp now, Duration max_age) const {
  auto time = TRY(contract::decode_site_time(TRY(verify_signed(document, SignedType::SiteTime))));
  if (time.time < newest)
    return fail(kRolledBack, "the site's time {} is before {}", to_text(time.time),
                to_text(newest));
  if (now - time.time > max_age)
    return fail(kExpired, "the site's time {} is over {} old", to_text(time.time),
                muster::to_text(max_age));
  return time;
}

}  // namespace muster::trust
