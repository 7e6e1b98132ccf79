#include "roles/management_point/message_intake.h"

#include "base/log.h"
#include "hosting/inbox_record.h"
#include "roles/management_point/errors.h"
#include "store/errors.h"
#include "store/site/certificates.h"
#include "trust/envelope_signature.h"

namespace muster::management_point {
namespace {

// A message that waited in the client's outbox may be signed with a former certificate.
Result<trust::CertificatePtr> certificate_of(hosting::Site& site, const hosting::Call& call,
                                             const contract::EnvelopeHeader& header) {
  if (header.certificate_sha256 == call.peer->certificate->sha256) return call.peer->certificate;
  if (auto known = site.certificates.find(header.certificate_sha256)) return known;
  const auto stored = TRY(site.database->read([&](store::Reader& reader) {
    return store::find_certificate(reader, header.certificate_sha256);
  }));
  if (!stored)
    return fail(kUnknownCertificate, "certificate {}", to_hex(header.certificate_sha256));
  return site.certificates.parse(stored->der);
}

Result<void> verify(hosting::Site& site, const hosting::Call& call,
                    const contract::Envelope& envelope, Bytes& certificate_der) {
  if (envelope.header.sender.text() != call.peer->id)
    return fail(kNotYours, "a message of device {} sent by {}", envelope.header.sender.text(),
                call.peer->id);
  const auto certificate = TRY(certificate_of(site, call, envelope.header));
  TRY(trust::verify_envelope(envelope, certificate));
  certificate_der = certificate->der;
  return {};
}

}  // namespace

net::Response take_message(hosting::Site& site, hosting::Call& call) {
  const Bytes& text = call.request.body;
  const auto envelope = contract::parse_envelope(text);
  Bytes certificate_der;
  const auto verified = envelope ? verify(site, call, *envelope, certificate_der)
                                 : Result<void>(fail(envelope.error()));
  if (!verified) {
    log::failure(log::Level::Warning, "mp.message.refused", verified.error(),
                 {{"connection", 17}, {"device", call.peer->id}});
    const bool others = verified.error().is(kNotYours) || verified.error().is(kUnknownCertificate);
    return hosting::problem(others ? 403 : 400, verified.error());
  }
  const auto appended = site.inbox->append(
      hosting::encode_inbox_record({call.now, std::move(certificate_der), text}));
  if (!appended) {
    log::failure(log::Level::Error, "mp.inbox.failed", appended.error(), {{"connection", 17}});
    net::Response response = hosting::problem(503, appended.error());
    response.headers.add("Retry-After", "30");
    return response;
  }
  site.changed.notify();
  net::Response response;
  response.status = 204;
  return response;
}

}  // namespace muster::management_point
