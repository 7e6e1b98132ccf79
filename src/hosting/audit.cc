#include "hosting/audit.h"

#include "store/site/audit.h"

namespace muster::hosting {

Result<void> audit(store::Transaction& transaction, const AuditedDeed& deed, Timestamp now) {
  store::NewAuditEntry entry{.actor = deed.actor,
                             .action = deed.action,
                             .kind = deed.kind,
                             .name = deed.name,
                             .before = {},
                             .after = {},
                             .correlation = deed.correlation};
  if (deed.before) entry.before = *deed.before;
  if (deed.after) entry.after = *deed.after;
  TRY(store::append_audit(transaction, entry, now));
  return {};
}

}  // namespace muster::hosting
