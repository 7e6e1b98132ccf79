#include "roles/site_server/catalogue/catalogue_publisher.h"

#include "base/log.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "contract/catalogue.h"
#include "store/site/packages.h"
#include "trust/catalogue_trust.h"
#include "trust/ceremony.h"

namespace muster::site_server {
namespace {

constexpr std::int64_t kTimestampsKept = 10;

struct Latest {
  std::map<std::string, contract::CatalogueFile> files;
  std::optional<store::CatalogueDocument> snapshot;
  std::optional<store::CatalogueDocument> timestamp;
};

Result<Latest> read_latest(hosting::Site& site) {
  return site.database->read([](store::Reader& reader) -> Result<Latest> {
    Latest latest;
    for (auto& document : TRY(store::latest_catalogue_documents(reader))) {
      if (document.role == "snapshot") {
        latest.snapshot = std::move(document);
      } else if (document.role == "timestamp") {
        latest.timestamp = std::move(document);
      } else if (document.role != "root") {
        latest.files[document.role] =
            contract::catalogue_file(static_cast<std::uint64_t>(document.version), document.bytes);
      }
    }
    return latest;
  });
}

Result<Bytes> sign(hosting::Site& site, contract::CatalogueRole role, std::uint64_t version,
                   const contract::CataloguePart& part) {
  const auto made = TRY(site.signer.sign_catalogue(role, version, part.canonical));
  return contract::assemble_catalogue(part, {{made.key_id, made.signature}});
}

Result<void> add(hosting::Site& site, std::string_view role, std::uint64_t version, ByteView bytes,
                 Timestamp now) {
  return site.database->write([&](store::Transaction& transaction) {
    return store::add_catalogue_document(transaction, role, static_cast<std::int64_t>(version),
                                         bytes, now);
  });
}

// A week is what the documents live; half of it leaves time to notice a signer that is away.
bool aged(const std::optional<store::CatalogueDocument>& document, Timestamp now, Duration age) {
  return !document || now - document->signed_at >= age;
}

}  // namespace

Result<void> import_first_root(hosting::Site& site) {
  const auto known = TRY(site.database->read(
      [](store::Reader& reader) { return store::latest_catalogue_document(reader, "root"); }));
  const auto file = site.folder("1.root.json");
  std::error_code missing;
  if (known || !std::filesystem::exists(file, missing)) return {};
  const Bytes root = TRY(os::read_file(file));
  // Its own signatures must hold; whether it is the right one, clients decide by their tokens.
  TRY_IN(trust::CatalogueTrust::pin(root, sha256(root)), "{}", file.string());
  return add(site, "root", 1, root, site.clock.now());
}

Result<void> publish_catalogue(hosting::Site& site, Duration timestamp_age) {
  const Timestamp now = site.clock.now();
  const Latest latest = TRY(read_latest(site));
  if (latest.files.empty()) return {};  // no operator has signed anything yet
  contract::CatalogueSnapshot snapshot;
  if (latest.snapshot) snapshot = TRY(contract::decode_snapshot(latest.snapshot->bytes)).value;
  Bytes snapshot_bytes = latest.snapshot ? latest.snapshot->bytes : Bytes();
  const bool new_snapshot = !latest.snapshot || snapshot.files != latest.files ||
                            aged(latest.snapshot, now, std::chrono::hours(84));
  if (new_snapshot) {
    snapshot.version = latest.snapshot ? snapshot.version + 1 : 1;
    snapshot.expires = trust::freshness_expiry(now);
    snapshot.files = latest.files;
    snapshot_bytes = TRY(sign(site, contract::CatalogueRole::Snapshot, snapshot.version,
                              contract::encode_snapshot(snapshot)));
    TRY(add(site, "snapshot", snapshot.version, snapshot_bytes, now));
    log::info("catalogue.published", "a new snapshot of the catalogue is out",
              {{"version", snapshot.version}, {"documents", snapshot.files.size()}});
  }
  if (!new_snapshot && !aged(latest.timestamp, now, timestamp_age)) return {};
  contract::CatalogueTimestamp timestamp;
  timestamp.version =
      latest.timestamp ? static_cast<std::uint64_t>(latest.timestamp->version) + 1 : 1;
  timestamp.expires = trust::freshness_expiry(now);
  timestamp.snapshot = contract::catalogue_file(snapshot.version, snapshot_bytes);
  const Bytes bytes = TRY(sign(site, contract::CatalogueRole::Timestamp, timestamp.version,
                               contract::encode_timestamp(timestamp)));
  TRY(add(site, "timestamp", timestamp.version, bytes, now));
  return site.database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(store::remove_catalogue_documents(
        transaction, "timestamp", static_cast<std::int64_t>(timestamp.version) - kTimestampsKept));
    return {};
  });
}

}  // namespace muster::site_server
