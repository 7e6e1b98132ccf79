#include "roles/client/enrolment/identity.h"

#include "base/os/file.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kKeyEnd = "-----END PRIVATE KEY-----\n";

}  // namespace

Result<Identity> IdentityStore::load_or_create(Random& random) const {
  TRY(os::make_private_folder(folder_));
  if (!os::file_exists(folder_ / "device-id"))
    TRY(os::replace_file(folder_ / "device-id", model::DeviceId::make(random).text() + "\n",
                         os::FileMode::Private));
  Bytes id = TRY(os::read_file(folder_ / "device-id"));
  if (id.ends_with('\n')) id.pop_back();
  auto device = TRY(model::DeviceId::parse(id));

  // Key and certificate share one file, so that a renewal replaces both or neither.
  const fs::path file = folder_ / "identity.pem";
  if (!os::file_exists(file))
    TRY(os::replace_file(file, trust::EcdsaKey::generate().pem(), os::FileMode::Private));
  const Bytes pem = TRY(os::read_file(file));
  const auto end = pem.find(kKeyEnd);
  const std::size_t key_size = end == Bytes::npos ? pem.size() : end + kKeyEnd.size();
  auto key =
      TRY_IN(trust::EcdsaKey::from_pem(ByteView(pem).substr(0, key_size)), "{}", file.string());
  Identity identity{std::move(device), std::move(key), {}};
  if (pem.size() > key_size)
    identity.certificate =
        TRY_IN(trust::parse_certificate_pem(ByteView(pem).substr(key_size)), "{}", file.string());
  return identity;
}

Result<void> IdentityStore::save(const trust::EcdsaKey& key, const trust::Certificate& leaf,
                                 const trust::Certificate& ca) const {
  TRY(os::replace_file(folder_ / "ca.pem", trust::certificate_pem(ca), os::FileMode::Private));
  return os::replace_file(folder_ / "identity.pem", key.pem() + trust::certificate_pem(leaf),
                          os::FileMode::Private);
}

}  // namespace muster::client
