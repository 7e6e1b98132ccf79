#include "roles/management_point/nudge_answers.h"

#include "base/log.h"
#include "contract/nudge.h"

namespace muster::management_point {

net::Holding hold_nudge(hosting::Site& site, hosting::Call& call) {
  const auto seen = contract::parse_epoch(call.query(contract::kNudgeSeen));
  if (!seen) {
    log::failure(log::Level::Warning, "mp.nudge.refused", seen.error(),
                 {{"connection", "E2"}, {"device", call.peer->id}});
    return hosting::problem(400, seen.error());
  }
  auto holding = site.nudges.hold({call.peer->id, call.request.head.peer.address, *seen});
  // Looked at once the request is known: a change from now on finds it, one from before is seen
  // here.
  const auto header = site.shelf.header(call.peer->id);
  if (header && call.request.head.headers.get("If-None-Match") != header->etag)
    site.nudges.policy_changed(call.peer->id);
  return holding;
}

}  // namespace muster::management_point
