#include "roles/site_server/inbox/inbox_reader.h"

#include "base/log.h"
#include "hosting/audit.h"
#include "roles/site_server/errors.h"
#include "store/errors.h"
#include "store/site/positions.h"
#include "store/site/quarantine.h"
#include "trust/envelope_signature.h"
#include "wire/zstd.h"

namespace muster::site_server {
namespace {

// Which of the two machines is the real one cannot be told from here: neither is let in.
Result<void> quarantine_device(store::Transaction& transaction, const store::Device& device,
                               Timestamp now) {
  TRY(store::set_device_state(transaction, device.number, store::DeviceState::Quarantined,
                              "site server"));
  return hosting::audit(transaction,
                        {.actor = "site server",
                         .action = "quarantine",
                         .kind = "Device",
                         .name = device.name,
                         .before = std::string(store::to_text(device.state)),
                         .after = std::string(store::to_text(store::DeviceState::Quarantined)),
                         .correlation = device.id.text()},
                        now);
}

constexpr std::string_view kJournal = "inbox";
// What one transaction takes: nobody else writes meanwhile.
constexpr std::size_t kRoundBytes = 16u << 20;
constexpr Duration kRoundTime = std::chrono::seconds(1);

Result<Bytes> unpacked_body(const contract::Envelope& envelope) {
  if (envelope.header.body_encoding == contract::BodyEncoding::Identity)
    return Bytes(envelope.body);
  Bytes body = TRY(
      wire::zstd_decompress(envelope.body, static_cast<std::size_t>(envelope.header.body_size)));
  return body;
}

// The management point has verified this already; it is verified again, because a management
// point is not believed.
Result<contract::Envelope> verified_envelope(hosting::Site& site,
                                             const hosting::InboxRecord& record) {
  auto envelope = TRY(contract::parse_envelope(record.envelope));
  const auto certificate = TRY(site.certificates.parse(record.certificate_der));
  if (!site.certificates.check_issued_by(certificate, site.ca))
    return fail(kForeignCertificate, "the message of {}", envelope.header.sender.text());
  TRY(trust::verify_envelope(envelope, certificate));
  return envelope;
}

Result<void> take_message(hosting::Site& site, const Loaders& loaders,
                          store::Transaction& transaction, const hosting::InboxRecord& record,
                          store::KnownRows& known, bool replayed, InboxEffects& effects) {
  if (!record.anonymous_from.empty()) return loaders.anonymous(transaction, record);
  const auto envelope = TRY(verified_envelope(site, record));
  const auto& header = envelope.header;
  const auto device = TRY(store::find_device(transaction, header.sender));
  if (!device) return fail(kUnknownSender, "device {}", header.sender.text());
  if (device->state != store::DeviceState::Active)
    return fail(kRefusedSender, "device {} is {}", header.sender.text(),
                store::to_text(device->state));
  if (!replayed && TRY(store::speaks_twice(transaction, stream_message(header))))
    return fail(kSpeaksTwice, "device {}", header.sender.text());
  const auto loader = loaders.by_type.find(header.type);
  if (loader == loaders.by_type.end())
    return fail(kUnknownMessage, "type {}", contract::to_text(header.type));
  const Bytes body = TRY(unpacked_body(envelope));
  const model::Schema schema = site.fleet.schema();
  return loader->second(transaction, {*device, header, record.received, schema, known, replayed},
                        body, effects);
}

// What needs more memory than there is must not end the daemon, again and again.
Result<void> take_or_refuse(hosting::Site& site, const Loaders& loaders,
                            store::Transaction& transaction, const hosting::InboxRecord& record,
                            InboxEffects& effects) {
  try {
    return take_message(site, loaders, transaction, record, site.known_rows, false, effects);
  } catch (const std::bad_alloc&) {
    return fail(kMessageTooHeavy, "{} bytes as sent", record.envelope.size());
  }
}

// The sender of a message that was refused with kSpeaksTwice.
Result<void> shut_out(store::Transaction& transaction, const hosting::InboxRecord& record,
                      InboxEffects& effects) {
  const auto envelope = TRY(contract::parse_envelope(record.envelope));
  const auto device = TRY(store::find_device(transaction, envelope.header.sender));
  if (!device) return {};
  TRY(quarantine_device(transaction, *device, record.received));
  effects.quarantined.push_back(device->id);
  return {};
}

Result<void> quarantine(store::Transaction& transaction, const hosting::InboxRecord& record,
                        ByteView raw, const Error& reason) {
  const auto envelope = contract::parse_envelope(record.envelope);
  store::QuarantinedMessage message;
  message.at = record.received;
  message.sender = envelope ? envelope->header.sender.text() : "unknown";
  message.type = envelope ? contract::to_text(envelope->header.type) : "unknown";
  if (!record.anonymous_from.empty()) {
    message.sender = "address " + record.anonymous_from;
    message.type = "fallback";
  }
  message.reason = reason.kind().number;
  message.reason_text = reason.text();
  message.message = raw;
  const auto number = TRY(store::quarantine_message(transaction, message, {}));
  log::failure(log::Level::Warning, "inbox.quarantined", reason,
               {{"sender", message.sender}, {"type", message.type}, {"number", number}});
  return {};
}

}  // namespace

Result<InboxEffects> take_inbox(hosting::Site& site, const Loaders& loaders) {
  const auto from = TRY(site.database->read(
      [](store::Reader& reader) { return store::inbox_position(reader, kJournal); }));
  const auto start = std::max<store::JournalPosition>(from, site.inbox->begin());
  if (start >= site.inbox->end()) return InboxEffects{};
  const auto records = TRY(site.inbox->read(start, kRoundBytes));
  InboxEffects effects;
  const auto done = site.database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(site.known_rows.begin(transaction, records.size()));
    const Duration until = site.clock.steady() + kRoundTime;
    for (const store::JournalRecord& raw : records) {
      if (effects.taken_to > 0 && site.clock.steady() >= until) break;
      effects.taken_to = raw.next;
      const auto record = hosting::decode_inbox_record(raw.payload);
      // What a refused message wrote is undone, whatever it met on its way.
      const auto taken = record ? transaction.attempt([&] {
        return take_or_refuse(site, loaders, transaction, *record, effects);
      })
                                : Result<void>(fail(record.error()));
      if (taken) {
        site.figures->messages_taken.add();
        continue;
      }
      if (store::is_outage(taken.error())) return fail(taken.error());
      if (taken.error().is(kSpeaksTwice)) TRY(shut_out(transaction, *record, effects));
      TRY(quarantine(transaction, record ? *record : hosting::InboxRecord{}, raw.payload,
                     taken.error()));
      site.figures->messages_quarantined.add();
    }
    TRY(site.known_rows.end(transaction));
    return store::set_inbox_position(transaction, kJournal, effects.taken_to);
  });
  // Also when nobody knows whether it took effect: the next round finds out.
  if (done || done.error().is(store::kCommitUnknown))
    for (const model::DeviceId& device : effects.quarantined)
      site.access.set_device(device.text(), hosting::Admission::Refused);
  if (!done) {
    site.known_rows.forget();
    return fail(done.error());
  }
  // The position says what was taken: what stays in the journal is passed over.
  if (const auto trimmed = site.inbox->trim(effects.taken_to); !trimmed)
    log::failure(log::Level::Warning, "inbox.trim.failed", trimmed.error());
  effects.more = effects.taken_to < site.inbox->end();
  site.figures->inbox_unread_bytes.set(
      static_cast<std::int64_t>(site.inbox->end() - effects.taken_to));
  return effects;
}

Result<void> quarantine_doubled(hosting::Site& site) {
  const auto doubled = site.polls.take_doubled();
  if (doubled.empty()) return {};
  const auto done = site.database->write([&](store::Transaction& transaction) -> Result<void> {
    for (const model::DeviceId& id : doubled) {
      const auto device = TRY(store::find_device(transaction, id));
      if (!device || device->state != store::DeviceState::Active) continue;
      TRY(quarantine_device(transaction, *device, site.clock.now()));
      // Inside the transaction: a renewal that runs beside it cannot let the device in again.
      site.access.set_device(id.text(), hosting::Admission::Refused);
    }
    return {};
  });
  // They stay shut out meanwhile; the next round tries again.
  if (!done)
    for (const model::DeviceId& id : doubled) site.polls.report_doubled(id);
  return done;
}

Result<InboxEffects> replay_quarantined(hosting::Site& site, const Loaders& loaders,
                                        std::int64_t number) {
  return site.database->write([&](store::Transaction& transaction) -> Result<InboxEffects> {
    const auto message = TRY(store::find_quarantined(transaction, number));
    if (!message) return fail(store::kNotFound, "quarantined message {}", number);
    InboxEffects out;
    const auto record = TRY(hosting::decode_inbox_record(message->message));
    // Not the inbox's own: this is another thread.
    store::KnownRows known;
    TRY(take_message(site, loaders, transaction, record, known, true, out));
    TRY(store::mark_replayed(transaction, number, site.clock.now()));
    return out;
  });
}

}  // namespace muster::site_server
