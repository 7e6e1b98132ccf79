#include "roles/management_point/policy_answers.h"

#include "base/log.h"
#include "contract/nudge.h"
#include "contract/policy_bodies.h"
#include "contract/poll_mark.h"
#include "roles/management_point/errors.h"

namespace muster::management_point {

namespace {

// Nothing of the policy goes to either of two machines that share an identity.
Result<void> check_poll(hosting::Site& site, const hosting::Call& call) {
  const auto text = call.request.head.headers.find(contract::kPollMarkHeader);
  if (!text) return {};
  const auto mark = TRY(contract::decode_poll_mark(*text));
  if (site.polls.note(call.peer->id, mark, call.now) == hosting::Machines::One) return {};
  site.access.set_device(call.peer->id, hosting::Admission::Refused);
  site.polls.report_doubled(TRY(model::DeviceId::parse(call.peer->id)));
  site.changed.notify();
  return fail(kPollsTwice, "device {}", call.peer->id);
}

}  // namespace

net::Response answer_policy(hosting::Site& site, hosting::Call& call) {
  if (const auto checked = check_poll(site, call); !checked) {
    log::failure(log::Level::Warning, "mp.poll.refused", checked.error(),
                 {{"connection", 17}, {"device", call.peer->id}});
    return hosting::problem(checked.error().is(kPollsTwice) ? 403 : 400, checked.error());
  }
  site.contacts.touch(call.peer->id, call.now);
  const model::Cycles look = site.nudges.polled(call.peer->id);
  const auto header = site.shelf.header(call.peer->id);
  if (!header)
    return hosting::problem(404, Error(kNoPolicyYet, fmt::format("device {}", call.peer->id)));
  net::Response response;
  if (const auto time = site.shelf.site_time()) response.headers.add("Muster-Site-Time", *time);
  response.headers.add("ETag", header->etag);
  if (!look.empty()) response.headers.add(contract::kLookHeader, contract::encode_look(look));
  if (call.request.head.headers.get("If-None-Match") == header->etag) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", "application/vnd.muster.policy");
  // Shared, not copied: the header lives as long as an answer needs it.
  response.body = std::shared_ptr<const Bytes>(header, &header->document);
  return response;
}

net::Response answer_policy_body(hosting::Site& site, hosting::Call& call) {
  const std::string_view wanted = call.captures[0];
  const auto bodies = site.shelf.bodies_for(call.peer->id, {&wanted, 1}, call.now);
  if (bodies.empty())
    return hosting::problem(403, Error(kNotYours, fmt::format("policy body {}", wanted)));
  net::Response response;
  response.headers.add("Content-Type", "application/vnd.muster.policy");
  response.body = bodies[0];
  return response;
}

net::Response answer_policy_bodies(hosting::Site& site, hosting::Call& call) {
  const auto wanted = contract::decode_body_names(call.captures[0]);
  if (!wanted) return hosting::problem(400, wanted.error());
  const auto bodies = site.shelf.bodies_for(call.peer->id, *wanted, call.now);
  if (bodies.size() < wanted->size())
    return hosting::problem(
        403, Error(kNotYours, fmt::format("policy body {}", (*wanted)[bodies.size()])));
  net::Response response;
  response.headers.add("Content-Type", "application/vnd.muster.policy-bodies");
  response.body = contract::encode_policy_bodies(bodies);
  return response;
}

}  // namespace muster::management_point
