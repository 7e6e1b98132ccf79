#include "roles/provider/operators_api.h"

#include "hosting/audit.h"
#include "roles/provider/answers.h"
#include "roles/provider/errors.h"
#include "store/site/certificates.h"

namespace muster::provider {
namespace {

Result<void> audit_operator(store::Transaction& transaction, const hosting::Call& call,
                            std::string action, const std::string& name) {
  return hosting::audit(transaction,
                        {.actor = actor_of(call),
                         .action = std::move(action),
                         .kind = "Operator",
                         .name = name,
                         .before = {},
                         .after = {},
                         .correlation = {}},
                        call.now);
}

}  // namespace

Result<net::Response> block_operator(hosting::Site& site, hosting::Call& call) {
  const std::string name(call.captures[0]);
  if (call.peer && call.peer->id == name)
    return fail(kBadRequest, "operator {} cannot block himself: nobody could let him in", name);
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(store::revoke_operator(transaction, name, "blocked by " + actor_of(call), call.now));
    TRY(audit_operator(transaction, call, "block", name));
    site.access.revoke_operator(name);
    return {};
  }));
  return empty_answer();
}

Result<net::Response> approve_operator(hosting::Site& site, hosting::Call& call) {
  const std::string name(call.captures[0]);
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    if (!TRY(store::lift_revocation(transaction, name)))
      return fail(kNoSuchThing, "blocked operator {}", name.substr(0, 80));
    TRY(audit_operator(transaction, call, "approve", name));
    site.access.admit_operator(name);
    return {};
  }));
  return empty_answer();
}

}  // namespace muster::provider
