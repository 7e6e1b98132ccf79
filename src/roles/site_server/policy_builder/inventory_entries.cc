#include "roles/site_server/policy_builder/inventory_entries.h"

#include "contract/signed_object.h"
#include "store/site/objects.h"
#include "store/site/packages.h"

namespace muster::site_server {

Result<std::vector<contract::EntryReference>> inventory_entries(store::Reader& reader) {
  std::vector<contract::EntryReference> out;
  for (const std::string_view word : contract::object_kinds()) {
    const auto kind = contract::parse_object_kind(word);
    if (!contract::is_signed_kind(*kind)) continue;
    for (const auto& object :
         TRY(store::list_objects(reader, word, "", contract::kMostInventoryEntries))) {
      const std::string role = contract::object_role(*kind, object.name);
      const auto document = TRY(store::latest_catalogue_document(reader, role));
      if (!document || out.size() == contract::kMostInventoryEntries) continue;
      out.push_back({role, static_cast<std::uint64_t>(document->version), to_hex(document->sha256),
                     document->bytes.size()});
    }
  }
  return out;
}

}  // namespace muster::site_server
