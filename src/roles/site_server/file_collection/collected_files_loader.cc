#include "roles/site_server/file_collection/collected_files_loader.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "contract/collected_files.h"
#include "contract/objects/object.h"
#include "roles/site_server/client_facts.h"
#include "store/site/collected_files.h"
#include "store/site/objects.h"

namespace muster::site_server {
namespace {

using FileCollections = std::map<std::string, std::optional<model::FileCollection>, std::less<>>;

Result<std::optional<model::FileCollection>> stored_collection(store::Reader& reader,
                                                               const std::string& name) {
  constexpr auto kKind = contract::ObjectKind::FileCollection;
  const auto object = TRY(store::find_object(reader, contract::to_text(kKind), name));
  if (!object) return std::optional<model::FileCollection>();
  auto decoded = TRY(contract::decode_spec(kKind, name, object->spec));
  return std::optional(std::get<model::FileCollection>(std::move(decoded.value)));
}

// The object may have changed since the client read it; so this is no reason for quarantine.
bool is_asked_for(const FileCollections& known, const contract::CollectedFile& file) {
  const auto& asked = known.find(file.collection)->second;
  return asked && file.content.size() <= asked->file_limit && model::names_file(*asked, file.path);
}

}  // namespace

Result<void> load_collected_files(const hosting::Site& site, store::Transaction& transaction,
                                  const MessageContext& context, ByteView body,
                                  InboxEffects& effects) {
  const auto report = TRY(contract::decode_collected_files(body));
  FileCollections known;
  for (const contract::CollectedFile& file : report.files)
    if (!known.contains(file.collection))
      known.emplace(file.collection, TRY(stored_collection(transaction, file.collection)));
  if (!TRY(is_new(transaction, context))) return {};
  TRY(store::touch_device(transaction, context.device.number, context.device.client_version,
                          context.received));
  std::size_t stored = 0, left_out = 0;
  for (const contract::CollectedFile& file : report.files) {
    if (!is_asked_for(known, file)) {
      ++left_out;
      continue;
    }
    stored += TRY(store::add_collected_file(
                  transaction,
                  {.number = 0,
                   .device = context.device.number,
                   .collection = file.collection,
                   .path = file.path,
                   // A clock that is ahead would keep its files longer than others.
                   .collected = std::min(report.collected, context.received),
                   .received = context.received,
                   .modified = file.modified,
                   .size_bytes = 0,
                   .sha256 = {}},
                  file.content))
                  ? 1
                  : 0;
  }
  const auto trimmed = TRY(store::trim_collected_files(
      transaction, context.device.number,
      {.versions = site.settings.integer("collected_files.versions"),
       .bytes =
           static_cast<std::int64_t>(site.settings.size_bytes("collected_files.device_limit"))}));
  note_seen(context, effects);
  log::debug("files.taken", "a device sent copies of files",
             {{"device", context.device.id.text()},
              {"stored", stored},
              {"not_asked_for", left_out},
              {"removed", trimmed}});
  return {};
}

}  // namespace muster::site_server
