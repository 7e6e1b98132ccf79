#include "roles/management_point/message_intake.h"

#include "base/log.h"
#include "contract/pace.h"
#include "hosting/inbox_record.h"
#include "roles/management_point/errors.h"
#include "store/errors.h"
#include "store/site/certificates.h"
#include "store/site/positions.h"
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

// A message that was let in as what matters more than it is.
Result<void> check_class(const hosting::Call& call, const contract::EnvelopeHeader& header) {
  const auto said = call.request.head.headers.find(contract::kMessageHeader);
  if (!said || *said == contract::to_text(header.type)) return {};
  return fail(kOtherType, "{} for a message of type {}", said->substr(0, 32),
              contract::to_text(header.type));
}

Result<void> verify(hosting::Site& site, const hosting::Call& call,
                    const contract::Envelope& envelope, Bytes& certificate_der) {
  TRY(check_class(call, envelope.header));
  if (envelope.header.sender.text() != call.peer->id)
    return fail(kNotYours, "a message of device {} sent by {}", envelope.header.sender.text(),
                call.peer->id);
  const auto certificate = TRY(certificate_of(site, call, envelope.header));
  TRY(trust::verify_envelope(envelope, certificate));
  certificate_der = certificate->der;
  return {};
}

// What the site has of the stream already. Behind it stands a sender whose disk was restored, or
// a second machine with the same disk: its message must not pass for one that was taken before.
enum class Place { Ahead, Taken, Behind };

// While the database is away the message waits in the inbox, if what was taken of its stream before
// is remembered; otherwise its sender keeps it.
Result<std::optional<store::StreamPosition>> known_position(
    hosting::Site& site, StreamPlaces& places, const contract::EnvelopeHeader& header) {
  auto stored = site.database->read([&](store::Reader& reader) {
    return store::stream_position(reader, header.sender.bytes(), header.stream);
  });
  if (stored || !store::is_outage(stored.error())) return stored;
  if (const auto remembered = places.find(header)) return std::optional(*remembered);
  return stored;
}

Result<Place> place_of(hosting::Site& site, StreamPlaces& places,
                       const contract::Envelope& envelope) {
  const auto known = TRY(known_position(site, places, envelope.header));
  const auto sequence = static_cast<std::int64_t>(envelope.header.sequence);
  if (!known || sequence > known->sequence) return Place::Ahead;
  const bool same =
      sequence == known->sequence && envelope.header.body_sha256 == known->body_sha256;
  return same ? Place::Taken : Place::Behind;
}

net::Response refuse_stream(const contract::EnvelopeHeader& header) {
  const Error error(kStreamBehind,
                    fmt::format("message {} of stream {}", header.sequence, to_hex(header.stream)));
  log::failure(log::Level::Warning, "mp.stream.behind", error,
               {{"connection", 17}, {"device", header.sender.text()}});
  return hosting::problem(409, error);
}

net::Response refuse_share(const std::string& device) {
  const Error error(kTooManyMessages, fmt::format("device {}", device));
  log::failure(log::Level::Warning, "mp.share.used", error, {{"connection", 17}});
  net::Response response = hosting::problem(429, error);
  response.headers.add("Retry-After", "60");
  return response;
}

// Not the message's fault: its sender is to keep it and to try again.
net::Response ask_again(const Error& error) {
  net::Response response = hosting::problem(503, error);
  response.headers.add("Retry-After", "30");
  return response;
}

net::Response taken() {
  net::Response response;
  response.status = 204;
  return response;
}

}  // namespace

hosting::TrafficClass message_class(std::string_view type) {
  const bool is_status = type == contract::to_text(contract::MessageType::Status) ||
                         type == contract::to_text(contract::MessageType::Heartbeat);
  return is_status ? hosting::TrafficClass::Status : hosting::TrafficClass::Inventory;
}

net::Response take_message(hosting::Site& site, hosting::Call& call, Intake& intake) {
  if (!intake.limit.take(call.peer->id, call.now)) return refuse_share(call.peer->id);
  const Bytes& text = call.request.body;
  const auto envelope = contract::parse_envelope(text);
  Bytes certificate_der;
  const auto verified = envelope ? verify(site, call, *envelope, certificate_der)
                                 : Result<void>(fail(envelope.error()));
  if (!verified && store::is_outage(verified.error())) return ask_again(verified.error());
  if (!verified) {
    log::failure(log::Level::Warning, "mp.message.refused", verified.error(),
                 {{"connection", 17}, {"device", call.peer->id}});
    const bool others = verified.error().is(kNotYours) || verified.error().is(kUnknownCertificate);
    return hosting::problem(others ? 403 : 400, verified.error());
  }
  const auto place = place_of(site, intake.places, *envelope);
  if (!place) return ask_again(place.error());
  if (*place == Place::Behind) return refuse_stream(envelope->header);
  if (*place == Place::Taken) return taken();
  const auto appended = site.inbox->append(
      hosting::encode_inbox_record({call.now, std::move(certificate_der), text}));
  if (!appended) {
    log::failure(log::Level::Error, "mp.inbox.failed", appended.error(), {{"connection", 17}});
    return ask_again(appended.error());
  }
  intake.places.note(envelope->header);
  site.changed.notify();
  return taken();
}

}  // namespace muster::management_point
