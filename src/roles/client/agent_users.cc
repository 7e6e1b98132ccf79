// What the agent does for users of its machine who do not run it: they answer notices, and install
// what is offered to them. They are many, and strangers to each other and to the agent.
#include <algorithm>

#include "base/log.h"
#include "model/ids.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/notices/errors.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

// Available, and from its start to its end.
bool is_offered(const VerifiedDeployment& each, Timestamp now) {
  const Deployment& deployment = each.deployment;
  return deployment.purpose == Purpose::Available && deployment.start <= now &&
         (!deployment.expires || now < *deployment.expires);
}

}  // namespace

contract::ControlAnswer Agent::tell_offered() const {
  const Timestamp now = clock_.now();
  return tell_software([now](const VerifiedDeployment& each) { return is_offered(each, now); });
}

// What is not offered and what is not there have one answer: nobody learns what else is deployed.
Result<contract::ControlAnswer> Agent::install_offered(const std::string& name) {
  if (!model::check_name(name)) return fail(kNotOffered, "the argument is no deployment's name");
  const auto& known = policy_->deployments();
  const auto found = std::ranges::find(known, name, &VerifiedDeployment::name);
  if (found == known.end() || !is_offered(*found, clock_.now()))
    return fail(kNotOffered, "deployment {}", name);
  return install(name);
}

// Each request is in the log with who made it, and a user can make only so many: neither the log
// nor that of executions grows at a user's will.
Result<contract::ControlAnswer> Agent::install_for_user(const std::string& name,
                                                        std::uint32_t user) {
  const auto admission = user_requests_.admit(user, clock_.steady());
  if (admission != UserRequests::Admission::Admitted) {
    const Error error = fail(kTooManyRequests, "{} requests of uid {} within {}",
                             UserRequests::kMost, user, muster::to_text(UserRequests::kWithin))
                            .value();
    if (admission == UserRequests::Admission::FirstRefused)
      log::failure(log::Level::Warning, "software.user.refused", error, {{"uid", user}});
    return fail(error);
  }
  auto answer = install_offered(name);
  if (!answer) {
    log::failure(log::Level::Warning, "software.user.refused", answer.error(), {{"uid", user}});
    return answer;
  }
  log::info("software.user.asked", "a user asked for a deployment that is offered",
            {{"uid", user}, {"deployment", name}});
  user_asked_ = true;
  return answer;
}

// Who is logged on and not root sees and answers what is told to users, and has what is offered to
// them. One of several does not decide for the others.
Result<contract::ControlAnswer> Agent::try_answer_user(const contract::ControlRequest& request,
                                                       std::uint32_t user) {
  if (request.verb == "software") return tell_offered();
  if (request.verb == "install") return install_for_user(request.argument, user);
  if (!request.verb.starts_with("notice"))
    return fail(kNotForUsers, "the agent of this machine, asked by uid {}", user);
  if (user == 0) return answer_notice(request, std::nullopt);
  const std::string name = user_name(user);
  NoticeBoard::Users others = users();
  others.erase(name);
  if (request.verb == "notice-now" && !others.empty())
    return fail(kOthersLoggedOn, "{} other users are logged on", others.size());
  auto answer = answer_notice(request, name);
  if (answer && request.verb == "notice-now") user_asked_ = true;
  return answer;
}

bool Agent::serve_users() {
  if (user_port_)
    user_port_->serve([this](const auto& request, std::uint32_t user) {
      auto answer = try_answer_user(request, user);
      return answer ? *std::move(answer)
                    : contract::ControlAnswer{.error = answer.error().text_with_advice()};
    });
  return std::exchange(user_asked_, false);
}

}  // namespace muster::client
