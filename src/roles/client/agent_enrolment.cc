// The agent's enrolment and renewal.
#include "base/log.h"
#include "base/os/file.h"
#include "contract/enrolment_token.h"
#include "model/client_states.h"
#include "roles/client/agent.h"
#include "roles/client/enrolment/leaf.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace {

constexpr Duration kPendingInterval = std::chrono::seconds(10);
constexpr Duration kRenewalCheck = std::chrono::minutes(10);

Result<std::optional<contract::EnrolmentToken>> read_token(const std::string& file) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error))
    return std::optional<contract::EnrolmentToken>();
  Bytes text = TRY(os::read_file(file, 4096));
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  return std::optional(TRY_IN(contract::parse_enrolment_token(text), "{}", file));
}

}  // namespace

// The link pins the CA: by the token at first, by the certificate that was issued later.
Result<void> Agent::prepare_link() {
  if (link_ && link_->management_point() == management_point()) return {};
  hosting::PinnedCa ca;
  const std::filesystem::path file = std::filesystem::path(config_.state) / "identity" / "ca.pem";
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    ca.sha256 = TRY(trust::parse_certificate_pem(TRY(os::read_file(file)))).sha256;
  } else if (const auto token = TRY(read_token(config_.token_file))) {
    ca.sha256 = token->ca_sha256;
  } else if (!config_.ca_sha256.empty()) {
    ca.sha256 = TRY(from_hex(config_.ca_sha256));
  } else {
    return fail(kNotEnrolled, "neither token nor caSha256 is given");
  }
  SiteLinkSettings settings = link_settings(std::move(ca));
  settings.proxy = TRY(proxy());
  link_ = TRY(SiteLink::create(std::move(settings), clock_));
  if (policy_->settings()) link_->set_points(policy_->settings()->distribution_points);
  return {};
}

// Of 1.root.json: the token pins it, or the configuration.
Result<Bytes> Agent::root_sha256() const {
  if (const auto token = TRY(read_token(config_.token_file))) return token->root_sha256;
  if (config_.root_sha256.empty())
    return fail(kNotEnrolled, "neither token nor rootSha256 is given");
  return from_hex(config_.root_sha256);
}

Result<void> Agent::try_enrol() {
  TRY(prepare_link());
  const auto token = TRY(read_token(config_.token_file));
  if (!identity_->certificate) {
    const Bytes request = TRY(device_request(identity_->key, identity_->device, host_name_));
    auto leaf = TRY(link_->enroll(request, token ? token->password() : std::string()));
    TRY(check_leaf(leaf, identity_->key, identity_->device));
    TRY(IdentityStore(std::filesystem::path(config_.state) / "identity")
            .save(identity_->key, leaf, *link_->ca()));
    identity_->certificate = std::move(leaf);
    log::info("client.enrolled", "the site issued this device's certificate",
              {{"device", identity_->device.text()}});
  }
  if (!policy_->trusts()) {
    // The catalogue is public: before there is policy, the management point's host serves it.
    link_->set_points({management_point()});
    const auto root = TRY(link_->root(1));
    if (!root) return fail(kSiteAnswer, "the site serves no catalogue root");
    TRY(policy_->first_trust(*root, TRY(root_sha256())));
  }
  TRY(link_->use(*identity_));
  // A token is good once; what it pinned is kept elsewhere now.
  std::error_code ignored;
  if (token) std::filesystem::remove(config_.token_file, ignored);
  return {};
}

void Agent::enrol(Timestamp now) {
  const auto enrolled = try_enrol();
  note_contact(enrolled, clock_.now());
  if (enrolled) {
    linked_ = true;
    load_points();
    points_timer_.set(now);
    renewal_.set(half_life(*identity_->certificate));
    follow_policy();
    return;
  }
  if (enrolled.error().is(kPending)) {
    enrolment_.set(now + kPendingInterval);
    return;
  }
  log::failure(log::Level::Warning, "client.enrolment.failed", enrolled.error());
  const unsigned cause = enrolled.error().kind().number;
  if (!identity_->certificate)
    fallback_->report_repeatedly(model::kTopicClientDeployment, model::kStateNoCertificate, cause);
  enrolment_.failed(now, settings_.duration("retry.first"), settings_.duration("retry.longest"),
                    jitter(), link_ ? link_->asked_wait() : Duration(0));
}

Result<void> Agent::try_renew() {
  // A new key each time: the old one ends with its certificate.
  const auto key = trust::EcdsaKey::generate();
  const Bytes request = TRY(device_request(key, identity_->device, host_name_));
  auto leaf = TRY(link_->reenroll(request));
  TRY(check_leaf(leaf, key, identity_->device));
  TRY(IdentityStore(std::filesystem::path(config_.state) / "identity")
          .save(key, leaf, *link_->ca()));
  identity_->key = key;
  identity_->certificate = std::move(leaf);
  return link_->use(*identity_);
}

void Agent::renew(Timestamp now) {
  if (now < half_life(*identity_->certificate)) {
    renewal_.set(half_life(*identity_->certificate));
    return;
  }
  const auto renewed = try_renew();
  if (renewed) {
    log::info("client.renewed", "the site renewed this device's certificate");
    renewal_.set(half_life(*identity_->certificate));
    return;
  }
  log::failure(log::Level::Warning, "client.renewal.failed", renewed.error());
  renewal_.failed(now, settings_.duration("retry.first"), kRenewalCheck, jitter(),
                  link_->asked_wait());
}

}  // namespace muster::client
