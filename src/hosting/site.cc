#include "hosting/site.h"

#include <algorithm>

#include "base/keyed_hash.h"
#include "base/log.h"
#include "base/os/file.h"
#include "hosting/errors.h"
#include "hosting/measured_database.h"
#include "hosting/site_database.h"
#include "hosting/site_settings.h"
#include "hosting/stored_schema.h"
#include "store/site/certificates.h"
#include "store/site/devices.h"
#include "store/site/inventory.h"

namespace muster::hosting {
namespace {

// What was on its way when the process before was killed is nobody's any more.
Result<void> sweep_uploads(const std::filesystem::path& folder) {
  TRY(os::make_private_folder(folder));
  std::error_code error;
  std::uint64_t swept = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    swept += std::filesystem::remove_all(entry.path(), error);
  if (swept > 0)
    log::warning("host.uploads.swept", "unfinished uploads were removed", {{"files", swept}});
  return {};
}

// Of the connections a fifth stays free for all else that clients and operators ask.
NudgeRules nudge_rules(const Settings& settings) {
  const auto most = [&](std::string_view name) {
    return static_cast<std::size_t>(settings.integer(name)) / 5 * 4;
  };
  NudgeRules rules;
  rules.held = most("http.connections");
  rules.held_of_address = most("http.connections_per_address");
  rules.clients_per_second = static_cast<std::uint64_t>(settings.integer("nudge.rate"));
  return rules;
}

AdmissionRules admission_rules(const Settings& settings) {
  // What a client may bring at once after a rest, in seconds of its rate.
  constexpr double kDeviceBurst = 10;
  constexpr double kAddressBurst = 20;
  AdmissionRules rules;
  rules.requests = static_cast<std::size_t>(settings.integer("http.queue"));
  // A class's part must hold one whole request.
  rules.body_bytes =
      std::max<std::uint64_t>(settings.size_bytes("http.body_memory"),
                              settings.size_bytes("http.body_size") * kTrafficClasses);
  rules.at_once_of_address = std::max<std::size_t>(
      static_cast<std::size_t>(settings.integer("http.connections_per_address")) / 2, 1);
  rules.longest_wait = settings.duration("http.longest_wait");
  const auto device = static_cast<double>(settings.integer("http.device_rate"));
  const auto address = static_cast<double>(settings.integer("http.address_rate"));
  rules.device = {.burst = device * kDeviceBurst, .per_second = device};
  rules.address = {.burst = address * kAddressBurst, .per_second = address};
  return rules;
}

constexpr std::int64_t kRevocationLimit = 10'000'000;

// Who may come in, from the database: read once at start, kept current by those who change it.
Result<void> load_access(Site& site) {
  site.access.set_grace(site.settings.duration("enrolment.grace"));
  return site.database->read([&](store::Reader& reader) -> Result<void> {
    for (const auto& revoked : TRY(store::revocations_after(reader, 0, kRevocationLimit))) {
      if (revoked.certificate) site.access.revoke_certificate(*revoked.certificate);
      if (revoked.operator_name) site.access.revoke_operator(*revoked.operator_name);
    }
    store::DeviceNumber after = 0;
    for (;;) {
      const auto devices = TRY(store::list_devices(reader, after, 1000));
      if (devices.empty()) return {};
      for (const store::Device& device : devices) {
        const bool active = device.state == store::DeviceState::Active;
        site.access.set_device(device.id.text(), active ? Admission::Active : Admission::Refused);
        after = device.number;
      }
    }
  });
}

}  // namespace

Result<std::unique_ptr<Site>> open_site(contract::SiteConfig config, const Clock& clock,
                                        Random& random) {
  auto settings = TRY(read_settings(config));
  const std::filesystem::path state = config.state;
  TRY(os::make_private_folder(state));
  TRY(sweep_uploads(state / "uploads"));
  store::JournalOptions journal;
  journal.limit_bytes = settings.size_bytes("journal.size_limit");
  journal.segment_bytes = settings.size_bytes("journal.segment_size");
  journal.record_bytes = settings.size_bytes("http.body_size") + (64u << 10);
  auto figures = std::make_unique<Figures>();
  std::unique_ptr<store::Database> database = std::make_unique<MeasuredDatabase>(
      TRY(open_site_database(settings, state, clock)), *figures, clock);
  auto inbox = TRY(store::Journal::open(state / "inbox", journal));
  auto content = TRY(store::ContentStore::open(state / "content"));

  SignerClient probe(config.signer_socket, clock);
  const auto keys = TRY_IN(probe.public_keys(), "asking muster-signer for the site's keys");
  auto ca = TRY(trust::parse_certificate_pem(keys.ca_certificate_pem));
  const std::string signer_socket = config.signer_socket;
  const SignerCounts counts{&figures->signer_calls, &figures->signer_failures};
  std::unique_ptr<Site> site(new Site{.config = std::move(config),
                                      .settings = std::move(settings),
                                      .clock = clock,
                                      .random = random,
                                      .figures = std::move(figures),
                                      .database = std::move(database),
                                      .inbox = std::move(inbox),
                                      .content = std::move(content),
                                      .signer = SignerClient(signer_socket, clock, counts),
                                      .ca = std::move(ca),
                                      .policy_public_key = keys.policy_key});
  TRY(site->database->write([&](store::Transaction& transaction) -> Result<void> {
    TRY(store::register_inventory_classes(transaction, TRY(stored_schema(transaction)), random));
    return {};
  }));
  TRY(load_access(*site));
  site->nudges.set_rules(nudge_rules(site->settings));
  site->admission = std::make_unique<AdmissionControl>(admission_rules(site->settings),
                                                       random.bytes(kHashKeySize));
  if (site->inbox->repaired_bytes() > 0)
    log::warning("host.inbox.repaired", "an unfinished tail of the inbox was cut off",
                 {{"bytes", site->inbox->repaired_bytes()}});
  return site;
}

}  // namespace muster::hosting
