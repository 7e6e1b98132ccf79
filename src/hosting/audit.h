// Audit entries of calls: who did what to which object, in the transaction of the deed.
#pragma once

#include <optional>
#include <string>

#include "store/database.h"

namespace muster::hosting {

struct AuditedDeed {
  std::string actor;  // "operator alice", "device ID", "site"
  std::string action;
  std::string kind;
  std::string name;
  std::optional<std::string> before{};  // JSON text
  std::optional<std::string> after{};   // JSON text
  std::string correlation{};
};

Result<void> audit(store::Transaction& transaction, const AuditedDeed& deed, Timestamp now);

}  // namespace muster::hosting
