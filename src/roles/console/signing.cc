#include "roles/console/signing.h"

#include <algorithm>

#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/signed_object.h"
#include "roles/console/errors.h"
#include "trust/ceremony.h"

namespace muster::console {
namespace {

Result<std::optional<Bytes>> catalogue(ApiClient& api, std::string_view role) {
  auto answer = TRY(api.find("/api/v1/catalogue/" + path_part(role)));
  if (!answer) return std::optional<Bytes>();
  return std::optional(std::move(answer->body));
}

Result<trust::Ed25519Key> catalogue_key(const contract::OperatorContext& context) {
  const std::filesystem::path folder = context.folder;
  return trust::Ed25519Key::from_pem(TRY(os::read_file(folder / "catalogue.key")));
}

// Versions grow by one: a site that names such a number wants the last one to be reached.
constexpr std::uint64_t kHighestVersion = std::uint64_t{1} << 53;

Result<std::uint64_t> version_after(std::uint64_t last, std::string_view what) {
  if (last < kHighestVersion) return last + 1;
  return fail(kSiteDocument, "{}: the site has it in version {}", what, last);
}

// The list of roles with this one, where the site's does not have it yet.
Result<std::optional<Bytes>> sign_targets(const Session& session, ApiClient& api,
                                          const contract::OperatorContext& context,
                                          const std::string& role, const trust::Ed25519Key& key) {
  const contract::CatalogueRoot root = TRY(operator_trust(context)).root();
  std::vector<std::string> roles;
  std::uint64_t last_version = 0;
  // The names alone are taken from the site: none of them authorises anything.
  if (const auto last = TRY(catalogue(api, "targets"))) {
    const auto targets = TRY(contract::decode_targets(*last)).value;
    roles = targets.roles;
    last_version = targets.version;
    TRY(version_after(last_version, "the list of roles"));
  }
  if (std::ranges::find(roles, role) != roles.end()) return std::optional<Bytes>();
  roles.push_back(role);
  std::ranges::sort(roles);
  return std::optional(trust::sign_targets(
      trust::next_targets(root, roles, last_version, session.clock.now()), key));
}

}  // namespace

Result<trust::CatalogueTrust> operator_trust(const contract::OperatorContext& context) {
  const std::filesystem::path file = std::filesystem::path(context.folder) / "root.json";
  return TRY_IN(trust::CatalogueTrust::restore(TRY(os::read_file(file))), "{}", file.string());
}

namespace {

Result<Bytes> sign_package(const Session& session, const contract::OperatorContext& context,
                           const model::Package& package,
                           const std::optional<PackedContent>& content,
                           const std::optional<Bytes>& last, const trust::Ed25519Key& key) {
  contract::PackageEntry entry;
  entry.expires = trust::catalogue_expiry(session.clock.now());
  entry.package = package.name;
  entry.package_version = package.version;
  entry.programs = package.programs;
  if (last)
    entry.version =
        TRY(version_after(TRY(contract::decode_entry(*last)).value.version, package.name));
  if (content) {
    entry.manifest_sha256 = to_hex(sha256(content->document));
    entry.manifest_length = content->document.size();
  } else {
    if (!last)
      return fail(kUsage, "package {}: the site has no content of it; spec.source is wanted",
                  package.name);
    // What the site says of its content is worth nothing until an operator has signed it.
    const auto before =
        TRY_IN(TRY(operator_trust(context)).verify_last_entry(*last, package.name),
               "package {}: the content that the site has; name it in spec.source", package.name);
    if (before.package_version != package.version)
      return fail(kUsage, "package {}: version {} is new to the site; spec.source is wanted",
                  package.name, package.version);
    entry.manifest_sha256 = before.manifest_sha256;
    entry.manifest_length = before.manifest_length;
  }
  return trust::sign_entry(entry, key);
}

Result<Bytes> sign_whole(const Session& session, const contract::AnyObject& object,
                         const std::optional<Bytes>& last, const trust::Ed25519Key& key) {
  contract::SignedObject document;
  document.expires = trust::catalogue_expiry(session.clock.now());
  document.object.value = object.value;
  if (last)
    document.version =
        TRY(version_after(TRY(contract::decode_signed_object(*last)).value.version, object.name()));
  return trust::sign_object(document, key);
}

}  // namespace

Result<std::optional<SignedDocuments>> sign_object(const Session& session, ApiClient& api,
                                                   const contract::OperatorContext& context,
                                                   const contract::AnyObject& object,
                                                   const std::optional<PackedContent>& content) {
  const std::string role = contract::catalogue_role(object);
  if (role.empty()) return std::optional<SignedDocuments>();
  const auto key = TRY(catalogue_key(context));
  const auto last = TRY(catalogue(api, role));
  SignedDocuments out;
  if (const auto* package = std::get_if<model::Package>(&object.value))
    out.entry = TRY(sign_package(session, context, *package, content, last, key));
  else
    out.entry = TRY(sign_whole(session, object, last, key));
  out.targets = TRY(sign_targets(session, api, context, role, key));
  return std::optional(std::move(out));
}

Result<bool> signature_is_due(const Session& session, ApiClient& api,
                              const contract::OperatorContext& context,
                              const contract::AnyObject& object) {
  const std::string role = contract::catalogue_role(object);
  if (role.empty()) return false;
  const auto last = TRY(catalogue(api, role));
  if (!last) return true;
  const auto key = TRY(catalogue_key(context));
  const std::string own = contract::CatalogueKey{Bytes(key.public_key().raw())}.id();
  const Timestamp now = session.clock.now();
  const Duration whole_life = trust::catalogue_expiry(now) - now;
  const auto is_due = [&](const auto& signed_document) {
    const bool ours = std::ranges::any_of(
        signed_document.signatures, [&](const auto& signature) { return signature.key_id == own; });
    return !ours || signed_document.value.expires - now < whole_life / 2;
  };
  if (object.kind() == contract::ObjectKind::Package)
    return is_due(TRY(contract::decode_entry(*last)));
  return is_due(TRY(contract::decode_signed_object(*last)));
}

}  // namespace muster::console
