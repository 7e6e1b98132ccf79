// The agent's list of the site's management points: signed, kept, and what it says of HTTP legs.
#include <algorithm>

#include "base/log.h"
#include "base/os/file.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace {

constexpr Duration kRefreshInterval = std::chrono::hours(24);
constexpr const char* kPointsFile = "management-points";

LegChoice leg_choice(const std::string& text) {
  if (text == "http") return LegChoice::Http;
  return text == "https" ? LegChoice::Https : LegChoice::Auto;
}

}  // namespace

SiteLinkSettings Agent::link_settings(hosting::PinnedCa ca) const {
  SiteLinkSettings settings;
  settings.management_point = management_point();
  settings.ca = std::move(ca);
  settings.leg = leg_choice(settings_.text("management_point.leg"));
  settings.tls_retry = settings_.duration("management_point.tls_retry");
  settings.stop = &stop_;
  return settings;
}

Result<contract::ManagementPointList> Agent::verified_points(ByteView document) {
  const Bytes payload =
      TRY(policy_->verify_signed(document, contract::SignedType::ManagementPoints, *link_));
  auto list = TRY(contract::decode_management_points(payload));
  if (policy_->header() && list.site != policy_->header()->site)
    return fail(kSiteAnswer, "the management point list is of site {}", list.site.text());
  // One that cannot be dialled would end the search for one that can.
  for (const contract::ManagementPoint& each : list.points) {
    TRY(check_point(each.https, PointLeg::Https));
    if (!each.http.empty()) TRY(check_point(each.http, PointLeg::Http));
  }
  // Shown again, an old list would send the client where nobody is any more.
  if (points_ && list.issued < points_->issued)
    return fail(kSiteAnswer, "the management point list is of {}, one of {} is known",
                to_text(list.issued), to_text(points_->issued));
  return list;
}

// What was kept: with it a client that starts finds the HTTP leg while HTTPS is closed.
void Agent::load_points() {
  const auto file = std::filesystem::path(config_.state) / kPointsFile;
  if (!os::file_exists(file) || !policy_->trusts()) return;
  const auto document = os::read_file(file);
  auto list = document ? verified_points(*document)
                       : Result<contract::ManagementPointList>(fail(document.error()));
  if (!list) {
    log::failure(log::Level::Warning, "points.kept.refused", list.error());
    return;
  }
  points_ = *std::move(list);
  choose_point();
  if (const auto done = follow_points(); !done)
    log::failure(log::Level::Warning, "points.failed", done.error());
}

Result<void> Agent::follow_points() {
  const auto own = std::ranges::find(points_->points, link_->management_point(),
                                     &contract::ManagementPoint::https);
  if (own == points_->points.end() || own->http.empty()) {
    link_->set_sealed(nullptr);
    return {};
  }
  SealedChannelSettings settings{.point = own->http, .proxy = TRY(proxy())};
  settings.check = [this](ByteView document) { return check_envelope_key(document); };
  settings.signed_now = [this] { return policy_->now(clock_.now()); };
  settings.stop = &stop_;
  link_->set_sealed(TRY(SealedChannel::create(std::move(settings), clock_, random_)));
  return {};
}

Result<void> Agent::try_refresh_points() {
  const Bytes document = TRY(link_->public_document(kPointsFile));
  points_ = TRY(verified_points(document));
  list_trust_ = ListTrust::Good;
  TRY(os::replace_file(std::filesystem::path(config_.state) / kPointsFile, document,
                       os::FileMode::Private));
  choose_point();
  return follow_points();
}

void Agent::refresh_points(Timestamp now) {
  const auto done = try_refresh_points();
  if (done) return points_timer_.succeeded(now, kRefreshInterval);
  log::failure(log::Level::Warning, "points.failed", done.error());
  points_timer_.failed(now, settings_.duration("retry.first"), settings_.duration("retry.longest"),
                       jitter(), link_->asked_wait());
}

Result<contract::EnvelopeKeyDocument> Agent::check_envelope_key(ByteView document) {
  const Bytes payload =
      TRY(policy_->verify_signed(document, contract::SignedType::EnvelopeKey, *link_));
  auto key = TRY(contract::decode_envelope_key(payload));
  if (policy_->header() && key.site != policy_->header()->site)
    return fail(kSealedAnswer, "the envelope key is of site {}", key.site.text());
  if (const Timestamp now = policy_->now(clock_.now()); now >= key.expires)
    return fail(kSealedAnswer, "the envelope key expired at {}, this client has {}",
                to_text(key.expires), to_text(now));
  // Shown again, a former key would seal to whoever has got hold of it since.
  Timestamp& newest = envelope_keys_[link_->management_point()];
  if (key.issued < newest)
    return fail(kSealedAnswer, "the envelope key is of {}, one of {} is known", to_text(key.issued),
                to_text(newest));
  newest = key.issued;
  return key;
}

}  // namespace muster::client
