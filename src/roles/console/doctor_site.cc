// What the doctor asks the provider.
#include "base/os/file.h"
#include "base/settings_tables.h"
#include "contract/api.h"
#include "contract/catalogue.h"
#include "contract/policy.h"
#include "roles/console/doctor.h"
#include "roles/console/plan_text.h"
#include "trust/document_signature.h"

namespace muster::console {
namespace {

constexpr Duration kSlowAnswer = std::chrono::seconds(2);

Result<Timestamp> signed_time(const contract::OperatorContext& context,
                              const contract::SiteView& site) {
  const auto root = TRY(contract::decode_root(TRY(
                            os::read_file(std::filesystem::path(context.folder) / "root.json"))))
                        .value;
  std::vector<trust::Ed25519PublicKey> keys;
  for (const std::string& id : root.timestamp.key_ids)
    if (const auto* key = root.key(id))
      keys.push_back(TRY(trust::Ed25519PublicKey::from_raw(key->public_key)));
  const Bytes document = TRY(from_base64(site.signed_time));
  const Bytes payload = TRY(trust::verify_document(document, contract::SignedType::SiteTime, keys));
  return TRY(contract::decode_site_time(payload)).time;
}

std::uint64_t inbox_limit(const ExaminedHost& host) {
  Settings settings{host_settings()};
  if (host.site)
    for (const auto& [name, text] : host.site->settings)
      if (name == "journal.size_limit") static_cast<void>(settings.set(name, text));
  return settings.size_bytes("journal.size_limit");
}

Finding waiting(std::string check, std::int64_t count, std::string_view what, std::string advice) {
  Finding out{Health::Good, std::move(check), fmt::format("{} {}", count, what), ""};
  if (count == 0) return out;
  out.health = Health::Warning;
  out.advice = std::move(advice);
  return out;
}

Finding inbox_finding(std::uint64_t backlog, std::uint64_t limit) {
  Finding out{Health::Good, "inbox",
              fmt::format("{} wait, {} is the limit", size_text(backlog), size_text(limit)), ""};
  if (backlog < limit / 4) return out;
  out.health = backlog < limit * 9 / 10 ? Health::Warning : Health::Failed;
  out.advice = "The site server does not keep up: look at its log and at the disk";
  return out;
}

}  // namespace

void check_site(const Session& session, const ExaminedHost& host, Findings& findings) {
  if (!host.context) return;
  const auto say_failed = [&](std::string check, const Error& error) {
    findings.push_back(
        {Health::Failed, std::move(check), error.text(), std::string(error.kind().advice)});
  };
  auto api = ApiClient::create(*host.context, session.clock);
  if (!api) return say_failed("provider", api.error());
  const Timestamp asked = session.clock.now();
  const auto answer = api->get("/api/v1/site");
  const Duration took = session.clock.now() - asked;
  if (!answer) return say_failed("provider", answer.error());
  const auto site = contract::decode_site_view(answer->body);
  if (!site) return say_failed("provider", site.error());
  findings.push_back(
      {took > kSlowAnswer ? Health::Warning : Health::Good, "database",
       fmt::format("site {}: answered within {}", site->site, muster::to_text(took)),
       took > kSlowAnswer ? "Look at the load and the disk of the site's host" : ""});
  if (const auto ready = api->get("/readyz"); ready) {
    findings.push_back({Health::Good, "components", "the site is ready and keeps up", ""});
  } else {
    say_failed("components", ready.error());
  }
  findings.push_back(inbox_finding(site->inbox_backlog_bytes, inbox_limit(host)));
  if (const auto time = signed_time(*host.context, *site)) {
    findings.push_back(clock_finding(*time, session.clock.now()));
  } else {
    say_failed("clock", time.error());
  }
  findings.push_back(waiting("devices", site->pending, "wait for approval",
                             "Look at them with muster get devices, then muster approve device"));
  findings.push_back(waiting("quarantine", site->quarantined, "messages could not be taken",
                             "Look at them with muster get quarantine; muster replay tries again"));
  if (!site->trial.empty())
    findings.push_back({Health::Warning, "trust", site->trial,
                        "Good for trying out; a site for work isolates the signer"});
}

}  // namespace muster::console
