// `muster operator`: changes of the catalogue's root, signed on the operator's machine.
#include <cstdio>

#include "base/os/file.h"
#include "contract/catalogue.h"
#include "roles/console/commands.h"
#include "trust/catalogue_trust.h"
#include "trust/ceremony.h"

namespace muster::console {
namespace {

Result<contract::CatalogueRoot> read_root(const std::filesystem::path& folder) {
  return TRY(contract::decode_root(TRY(os::read_file(folder / "root.json")))).value;
}

// Sent first, kept second: a root that the site refused must not be built upon.
Result<void> publish_root(const Session& session, const contract::OperatorContext& context,
                          const contract::CatalogueRoot& root) {
  const std::filesystem::path folder = context.folder;
  const auto key = TRY(trust::Ed25519Key::from_pem(TRY(os::read_file(folder / "root.key"))));
  const trust::Ed25519Key* signers[] = {&key};
  const Bytes document = TRY(trust::sign_root(root, signers));
  auto api = TRY(sign_in(session));
  TRY(api.send("PUT", "/api/v1/catalogue/root", document));
  TRY(os::replace_file(folder / "root.json", document, os::FileMode::Private));
  std::printf("root %llu is in force; %zu operator%s may sign\n",
              static_cast<unsigned long long>(root.version), root.targets.key_ids.size(),
              root.targets.key_ids.size() == 1 ? "" : "s");
  return {};
}

}  // namespace

Result<void> list_operators(const Session& session) {
  const auto context = TRY(read_context(session));
  const auto root = TRY(read_root(context.folder));
  for (const std::string& id : root.targets.key_ids) {
    const auto* key = root.key(id);
    std::printf("%s  %s\n", id.c_str(), key ? to_hex(key->public_key).c_str() : "");
  }
  return {};
}

Result<void> add_operator(const Session& session, const std::string& public_key_hex) {
  const auto context = TRY(read_context(session));
  const auto key = TRY(trust::Ed25519PublicKey::from_raw(TRY(from_hex(public_key_hex))));
  const auto root = TRY(read_root(context.folder));
  return publish_root(session, context, TRY(trust::with_operator(root, key, session.clock.now())));
}

Result<void> remove_operator(const Session& session, const std::string& key_id) {
  const auto context = TRY(read_context(session));
  const auto root = TRY(read_root(context.folder));
  return publish_root(session, context,
                      TRY(trust::without_operator(root, key_id, session.clock.now())));
}

}  // namespace muster::console
