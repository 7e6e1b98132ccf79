#include "roles/client/enrolment/identity.h"

#include "base/os/file.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

// Key and certificate share one file, so that a renewal replaces both or neither.
constexpr const char* kIdentityFile = "identity.pem";
constexpr std::string_view kKeyEnd = "-----END PRIVATE KEY-----\n";

}  // namespace

Result<Identity> IdentityStore::load_or_create(Random& random) const {
  TRY(os::make_private_folder(folder_));
  if (!os::file_exists(folder_ / "device-id"))
    TRY(os::replace_file(folder_ / "device-id", model::DeviceId::make(random).text() + "\n",
                         os::FileMode::Private));
  if (!os::file_exists(folder_ / kIdentityFile))
    TRY(os::replace_file(folder_ / kIdentityFile, trust::EcdsaKey::generate().pem(),
                         os::FileMode::Private));
  return read();
}

Result<std::optional<Identity>> IdentityStore::load() const {
  if (!os::file_exists(folder_ / "device-id") || !os::file_exists(folder_ / kIdentityFile))
    return std::optional<Identity>();
  return std::optional(TRY(read()));
}

Result<Identity> IdentityStore::read() const {
  Bytes id = TRY(os::read_file(folder_ / "device-id"));
  if (id.ends_with('\n')) id.pop_back();
  auto device = TRY(model::DeviceId::parse(id));

  const fs::path file = folder_ / kIdentityFile;
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
  return os::replace_file(folder_ / kIdentityFile, key.pem() + trust::certificate_pem(leaf),
                          os::FileMode::Private);
}

}  // namespace muster::client
