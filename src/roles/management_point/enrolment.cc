#include "roles/management_point/enrolment.h"

#include "base/log.h"
#include "base/sha256.h"
#include "contract/enrolment_token.h"
#include "hosting/audit.h"
#include "roles/management_point/errors.h"
#include "store/site/certificates.h"
#include "store/site/devices.h"
#include "store/site/enrolment.h"
#include "trust/csr.h"
#include "trust/est.h"
#include "trust/peer_identity.h"

namespace muster::management_point {
namespace {

constexpr std::string_view kDeviceUrn = "urn:muster:device:";
constexpr std::string_view kRetryAfterSeconds = "10";

struct Applicant {
  model::DeviceId device;
  std::string name;
  trust::CertificateRequest request;
  Bytes request_der;
  Bytes key_sha256;
};

// The device id that the request names. A foreign EST client names none: then it is derived from
// its key, so that the same key is the same device however often it asks.
Result<model::DeviceId> device_of(const trust::CertificateRequest& request, ByteView key_sha256) {
  std::optional<model::DeviceId> found;
  for (const std::string& uri : request.names.uris) {
    if (!uri.starts_with(kDeviceUrn)) continue;
    if (found) return fail(kEnrolmentRefused, "a request that names two devices");
    found = TRY(model::DeviceId::parse(std::string_view(uri).substr(kDeviceUrn.size())));
  }
  if (found) return *found;
  return model::DeviceId::from_bytes(
      sha256("muster device of key " + Bytes(key_sha256)).substr(0, 16));
}

Result<Applicant> read_applicant(ByteView body) {
  Bytes der = TRY(trust::decode_est_request(body));
  auto request = TRY(trust::parse_request(der));
  Bytes key_sha256 = sha256(request.key.spki_der());
  auto device = TRY(device_of(request, key_sha256));
  std::string name = request.names.common_name.empty() ? device.text() : request.names.common_name;
  if (name.size() > 255) return fail(kEnrolmentRefused, "a common name of {} bytes", name.size());
  return Applicant{std::move(device), std::move(name), std::move(request), std::move(der),
                   std::move(key_sha256)};
}

// The password of "Basic USER:PASSWORD"; nothing without credentials.
Result<std::optional<Bytes>> presented_secret(const net::RequestHead& head) {
  const auto header = head.headers.find("Authorization");
  if (!header) return std::optional<Bytes>();
  if (!header->starts_with("Basic "))
    return fail(kEnrolmentRefused, "credentials that are not Basic");
  const Bytes pair = TRY(from_base64(header->substr(6)));
  const auto colon = pair.find(':');
  if (colon == Bytes::npos) return fail(kEnrolmentRefused, "credentials without a colon");
  // A whole token is taken too: foreign EST clients have one field for what the operator gave.
  const std::string_view password = std::string_view(pair).substr(colon + 1);
  if (password.starts_with("MT1."))
    return std::optional<Bytes>(TRY(contract::parse_enrolment_token(password)).secret);
  return std::optional<Bytes>(TRY(contract::parse_enrolment_password(password)));
}

Result<trust::Certificate> issue(hosting::Site& site, const Applicant& applicant) {
  return site.signer.issue({.profile = contract::CertificateProfile::Client,
                            .request = applicant.request_der,
                            .name = applicant.device.text(),
                            .dns_names = {},
                            .ip_addresses = {}});
}

net::Response certificate_answer(const trust::Certificate& leaf) {
  net::Response response;
  response.headers.add("Content-Type", trust::kEstCertsType);
  response.headers.add("Content-Transfer-Encoding", "base64");
  response.body = trust::encode_est_certificates(std::span(&leaf, 1));
  return response;
}

net::Response refusal(const Error& error, const net::RequestHead& head) {
  log::failure(log::Level::Warning, "mp.enrolment.refused", error,
               {{"connection", 17}, {"peer", head.peer.address}});
  // Strangers ask here. What is wrong with what they sent (documents 1400, trust 1500) is told;
  // what the site knows of tokens and devices is for the log.
  const auto number = error.kind().number;
  const bool theirs = number >= 1400 && number < 1600;
  net::Response response = hosting::problem(
      401, theirs ? error : Error(kEnrolmentRefused, "the management point's log says why"));
  response.headers.add("WWW-Authenticate", "Basic realm=\"muster\"");
  return response;
}

Result<bool> has_certificate_of_key(store::Reader& reader, const Applicant& applicant) {
  for (const store::Certificate& known : TRY(store::certificates_of(reader, applicant.device))) {
    const auto certificate = TRY(trust::parse_certificate_der(known.der));
    if (sha256(certificate.key.spki_der()) == applicant.key_sha256) return true;
  }
  return false;
}

// Creates the device or lets a pending one in. A blocked one stays out, and an enrolled one keeps
// its key: a token is good for a new device, never for the place of another one.
Result<void> activate(store::Transaction& transaction, const hosting::Site& site,
                      const Applicant& applicant, store::TokenUse use, Timestamp now) {
  const auto known = TRY(store::find_device(transaction, applicant.device));
  if (!known) {
    TRY(store::create_device(transaction,
                             {.id = applicant.device,
                              .site = site.config.site,
                              .name = applicant.name,
                              .state = store::DeviceState::Active,
                              .approved_by = "token"},
                             now));
  } else if (known->state == store::DeviceState::Pending) {
    TRY(store::set_device_state(transaction, known->number, store::DeviceState::Active, "token"));
  } else if (known->state != store::DeviceState::Active) {
    return fail(kEnrolmentRefused, "device {} is {}", applicant.device.text(),
                store::to_text(known->state));
  } else if (use == store::TokenUse::First &&
             !TRY(has_certificate_of_key(transaction, applicant))) {
    return fail(kEnrolmentRefused,
                "device {} is enrolled with another key; delete the device first",
                applicant.device.text());
  }
  TRY(store::remove_pending_enrolment(transaction, applicant.device));
  return {};
}

// The certificate is recorded, and the device let in, only while it is still to be let in: it may
// have been blocked since. The access list changes inside the transaction, where nobody's block
// can come in between.
Result<void> admit(hosting::Site& site, store::Transaction& transaction, const Applicant& applicant,
                   const trust::Certificate& leaf, Timestamp now) {
  const auto known = TRY(store::find_device(transaction, applicant.device));
  if (!known || known->state != store::DeviceState::Active)
    return fail(kEnrolmentRefused, "device {} is {}", applicant.device.text(),
                known ? store::to_text(known->state) : "deleted");
  TRY(store::add_certificate(transaction, {.sha256 = leaf.sha256,
                                           .device = applicant.device,
                                           .der = leaf.der,
                                           .issued = now,
                                           .not_after = leaf.not_after}));
  site.access.set_device(applicant.device.text(), hosting::Admission::Active);
  return {};
}

Result<void> audit_enrolment(store::Transaction& transaction, const Applicant& applicant,
                             std::string action, Timestamp now) {
  return hosting::audit(transaction,
                        {.actor = "device " + applicant.device.text(),
                         .action = std::move(action),
                         .kind = "Device",
                         .name = applicant.name},
                        now);
}

Result<net::Response> enroll_by_token(hosting::Site& site, const Applicant& applicant,
                                      ByteView secret, Timestamp now) {
  // The token is used up first: should issuing fail, the same device may present it again.
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    const auto use = TRY(store::use_enrolment_token(transaction, secret, applicant.device,
                                                    applicant.key_sha256, now));
    TRY(activate(transaction, site, applicant, use, now));
    return audit_enrolment(transaction, applicant, "enrol", now);
  }));
  const auto leaf = TRY(issue(site, applicant));
  TRY(site.database->write([&](store::Transaction& transaction) {
    return admit(site, transaction, applicant, leaf, now);
  }));
  site.changed.notify();
  log::info("mp.enrolled", "a device enrolled by token",
            {{"connection", 17}, {"device", applicant.device.text()}});
  return certificate_answer(leaf);
}

net::Response pending_answer() {
  net::Response response;
  response.status = 202;
  response.headers.add("Retry-After", kRetryAfterSeconds);
  response.headers.add("Content-Type", "text/plain");
  response.body = Bytes("An operator must approve this device: muster approve device NAME\n");
  return response;
}

// Without a token: approved with this very key, or pending.
Result<net::Response> enroll_by_approval(hosting::Site& site, const Applicant& applicant,
                                         const std::string& address, Timestamp now) {
  const auto approved =
      TRY(site.database->write([&](store::Transaction& transaction) -> Result<bool> {
        const auto pending = TRY(store::find_pending_enrolment(transaction, applicant.device));
        const auto known = TRY(store::find_device(transaction, applicant.device));
        const bool same_key = pending && pending->key_sha256 == applicant.key_sha256;
        if (known && known->state == store::DeviceState::Active && same_key) return true;
        if (known && known->state != store::DeviceState::Pending)
          return fail(kEnrolmentRefused, "device {} is {} and this is not its key",
                      applicant.device.text(), store::to_text(known->state));
        TRY(store::add_pending_enrolment(transaction,
                                         {applicant.device, applicant.name, applicant.request_der,
                                          applicant.key_sha256, address, now},
                                         {site.settings.integer("enrolment.pending_limit"),
                                          site.settings.integer("enrolment.pending_of_address")}));
        if (!known)
          TRY(store::create_device(transaction,
                                   {.id = applicant.device,
                                    .site = site.config.site,
                                    .name = applicant.name,
                                    .state = store::DeviceState::Pending,
                                    .approved_by = {}},
                                   now));
        return false;
      }));
  if (!approved) return pending_answer();
  const auto leaf = TRY(issue(site, applicant));
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    // The request stays: should this answer be lost, the same key may ask again.
    TRY(admit(site, transaction, applicant, leaf, now));
    return audit_enrolment(transaction, applicant, "enrol", now);
  }));
  site.changed.notify();
  return certificate_answer(leaf);
}

Result<net::Response> enroll(hosting::Site& site, hosting::Call& call) {
  const Applicant applicant = TRY(read_applicant(call.request.body));
  const auto secret = TRY(presented_secret(call.request.head));
  if (secret) return enroll_by_token(site, applicant, *secret, call.now);
  return enroll_by_approval(site, applicant, call.request.head.peer.address, call.now);
}

Result<net::Response> reenroll(hosting::Site& site, hosting::Call& call) {
  Applicant applicant = TRY(read_applicant(call.request.body));
  const auto own = TRY(model::DeviceId::parse(call.peer->id));
  const bool names_other = !applicant.request.names.uris.empty() && applicant.device != own;
  if (names_other)
    return fail(kEnrolmentRefused, "device {} asks for the certificate of {}", own.text(),
                applicant.device.text());
  applicant.device = own;
  const auto leaf = TRY(issue(site, applicant));
  TRY(site.database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(admit(site, transaction, applicant, leaf, call.now));
    return audit_enrolment(transaction, applicant, "renew", call.now);
  }));
  log::info("mp.renewed", "a device renewed its certificate",
            {{"connection", 17}, {"device", own.text()}});
  return certificate_answer(leaf);
}

}  // namespace

net::Response est_enroll(hosting::Site& site, hosting::Call& call) {
  auto answer = enroll(site, call);
  if (!answer) return refusal(answer.error(), call.request.head);
  return *std::move(answer);
}

net::Response est_reenroll(hosting::Site& site, hosting::Call& call) {
  auto answer = reenroll(site, call);
  if (!answer) {
    log::failure(log::Level::Warning, "mp.renewal.refused", answer.error(),
                 {{"connection", 17}, {"device", call.peer->id}});
    return hosting::problem(403, answer.error());
  }
  return *std::move(answer);
}

}  // namespace muster::management_point
