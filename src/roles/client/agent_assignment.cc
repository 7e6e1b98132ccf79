// The agent's site: found by locator points, kept, and told to the fallback status point.
#include <algorithm>

#include "base/log.h"
#include "base/version.h"
#include "contract/enrolment_token.h"
#include "model/client_states.h"
#include "roles/client/agent.h"
#include "roles/client/assignment/locator.h"
#include "roles/client/damaged_file.h"
#include "roles/client/errors.h"
#include "roles/client/platform/own_addresses.h"

namespace muster::client {

bool Agent::finds_its_site() const {
  return config_.management_point.empty() || asked_site_code_ != config_.site_code;
}

bool Agent::has_site() const { return assignment_ || !finds_its_site(); }

std::string Agent::management_point() const { return choice_.current(clock_.now()); }

void Agent::choose_point() {
  if (!has_site()) return;
  static const std::vector<contract::ManagementPoint> kNone;
  const auto& listed = points_ ? points_->points : kNone;
  // What the configuration says always counts.
  choice_.set(
      assignment_
          ? located_points(assignment_->management_points, listed, identity_->device, list_trust_)
          : preferred_points({config_.management_point}, listed, identity_->device));
}

Result<void> Agent::try_follow_choice(const std::string& wanted) {
  log::info("points.changed", "the client talks to another management point",
            {{"connection", 17},
             {"from", link_ ? link_->management_point() : ""},
             {"managementPoint", wanted}});
  link_.reset();
  TRY(prepare_link());
  TRY(link_->use(*identity_));
  return points_ ? follow_points() : Result<void>();
}

// The link goes where the choice has gone: to the next management point, or back.
void Agent::follow_choice(Timestamp now) {
  const std::string wanted = choice_.current(now);
  if (link_ && link_->management_point() == wanted) return;
  const auto followed = try_follow_choice(wanted);
  if (followed) return;
  log::failure(log::Level::Warning, "points.failed", followed.error());
  linked_ = false;
  enrolment_.failed(now, settings_.duration("retry.first"), settings_.duration("retry.longest"),
                    static_cast<double>(random_.below(1000)) / 1000);
}

// A damaged file costs what it said: the client looks for its site anew, as it is configured to.
void Agent::open_assignment() {
  const AssignmentStore store(std::filesystem::path(config_.state) / "assignment");
  const auto asked = store.site_code();
  if (!asked) set_aside(store.code_file(), asked.error());
  asked_site_code_ = asked && !asked->empty() ? *asked : config_.site_code;
  auto kept = store.load();
  if (!kept) set_aside(store.site_file(), kept.error());
  if (kept && *kept) assignment_ = **std::move(kept);
  choose_point();
  if (!assignment_) return;
  if (const auto site = model::SiteCode::parse(assignment_->site)) fallback_->assigned_to(*site);
}

bool Agent::reassignment_asked() const {
  return reassignment_timer_.due(clock_.now()) &&
         AssignmentStore(std::filesystem::path(config_.state) / "assignment").asked();
}

void Agent::reassign(Timestamp now) {
  if (const auto done = try_reassign(now); !done) {
    log::failure(log::Level::Error, "assignment.question.failed", done.error());
    reassignment_timer_.failed(now, settings_.duration("retry.first"),
                               settings_.duration("retry.longest"), 0.5);
  }
}

Result<void> Agent::try_reassign(Timestamp now) {
  const AssignmentStore store(std::filesystem::path(config_.state) / "assignment");
  TRY(store.take_question());
  asked_site_code_ = TRY(store.site_code());
  assignment_.reset();
  points_.reset();
  list_trust_ = ListTrust::Good;
  link_.reset();
  linked_ = false;
  assignment_timer_.set(now);
  enrolment_.set(now);
  log::info("assignment.asked", "the client looks for its site anew", {{"site", asked_site_code_}});
  return {};
}

// Whatever keeps one point from naming the site, the next may do: before the first may stand a
// portal that answers everything, it may be of another site, or not know a new boundary yet.
Result<Assignment> Agent::try_assign(Timestamp now) {
  Result<Assignment> found = fail(kNoLocator, "none is configured");
  for (const std::string& point : config_.locator_points) {
    found = assign_by(point, now);
    if (found) return found;
    found = fail(std::move(found).error().in(point));
    log::failure(log::Level::Info, "assignment.point.failed", found.error());
  }
  return found;
}

Result<Assignment> Agent::assign_by(const std::string& locator_point, Timestamp now) {
  auto locator = TRY(Locator::create(locator_point, TRY(proxy()), clock_, &stop_));
  if (!policy_->trusts()) {
    const auto root = TRY(locator->root(1));
    if (!root) return fail(kNoLocator, "no catalogue root is served");
    TRY(policy_->first_trust(*root, TRY(root_sha256())));
  }
  contract::LocatorQuestion question{random_.bytes(contract::kNonceBytes)};
  question.addresses = own_addresses(contract::kMostAddresses);
  if (asked_site_code_ != contract::kAutoSite)
    question.site = TRY(model::SiteCode::parse(asked_site_code_));
  const Bytes document = TRY(locator->ask(question));
  const Bytes payload =
      TRY(policy_->verify_signed(document, contract::SignedType::LocatorAnswer, *locator));
  const auto answer = TRY(contract::decode_locator_answer(payload));
  TRY(check_answer(question, answer));
  for (const std::string& url : answer.management_points) TRY(check_point(url, PointLeg::Https));
  return assignment_of(answer, kVersion, now);
}

void Agent::assign(Timestamp now) {
  using namespace model;
  fallback_->report_repeatedly(kTopicClientDeployment, kStateAssignmentStarted, 0);
  auto found = try_assign(now);
  const AssignmentStore store(std::filesystem::path(config_.state) / "assignment");
  const auto kept = found ? store.save(*found) : store.save_unmanaged(found.error());
  if (!kept) log::failure(log::Level::Error, "assignment.state.failed", kept.error());
  if (!found || !kept) {
    const Error& error = found ? kept.error() : found.error();
    log::failure(log::Level::Warning, "client.unmanaged", error);
    fallback_->report_repeatedly(kTopicClientDeployment,
                                 assignment_state(error, asked_site_code_ == contract::kAutoSite),
                                 error.kind().number);
    assignment_timer_.succeeded(now, settings_.duration("assignment.retry"));
    return;
  }
  assignment_ = std::move(*found);
  choose_point();
  if (const auto site = SiteCode::parse(assignment_->site)) fallback_->assigned_to(*site);
  fallback_->report(kTopicClientDeployment, kStateAssigned, 0);
  log::info("client.assigned", "the client belongs to a site",
            {{"site", assignment_->site}, {"managementPoint", management_point()}});
  enrolment_.set(now);
}

// Where the list's points do not answer, the locator points may know better ones of the same site.
// Another site is another matter: a client keeps the one that it belongs to.
void Agent::ask_locators_again(Timestamp now) {
  const bool lost = assignment_ && list_trust_ == ListTrust::Doubted && choice_.nobody_answers(now);
  if (!lost || !locators_.due(now)) return;
  locators_.succeeded(now, settings_.duration("assignment.retry"));
  if (const auto asked = try_ask_locators_again(now); !asked)
    log::failure(log::Level::Info, "assignment.again.failed", asked.error());
}

Result<void> Agent::try_ask_locators_again(Timestamp now) {
  auto found = TRY(try_assign(now));
  if (found.site != assignment_->site)
    return fail(kAnswerOfWrongSite, "{}, and this client belongs to {}", found.site,
                assignment_->site);
  if (found.management_points == assignment_->management_points) return {};
  found.at = assignment_->at;
  TRY(AssignmentStore(std::filesystem::path(config_.state) / "assignment").save(found));
  assignment_ = std::move(found);
  choose_point();
  log::info("assignment.again", "the site has other management points",
            {{"site", assignment_->site}, {"managementPoint", management_point()}});
  return {};
}

// The fallback status point hears of it when no management point of the site is left.
void Agent::note_contact(const Result<void>& made, Timestamp now) {
  if (!link_) return;
  const std::string point = link_->management_point();
  if (made) {
    choice_.reached(point);
    last_spoke_to_ = link_->last_leg();
    return fallback_->reached();
  }
  if (stop_ || !is_of_the_way(made.error())) return;
  choice_.not_reached(point, made.error().text(), now);
  if (!choice_.nobody_answers(now)) return;
  fallback_->not_reached(made.error().kind().number);
  if (std::exchange(list_trust_, ListTrust::Doubted) == ListTrust::Good) choose_point();
}

}  // namespace muster::client
