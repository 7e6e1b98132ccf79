#include "roles/console/doctor.h"

#include <sys/statvfs.h>

#include <array>
#include <cstdio>
#include <set>

#include "base/os/file.h"
#include "contract/api.h"
#include "roles/console/plan_text.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kLeastFreeBytes = 1ull << 30;
constexpr std::uint64_t kLeastFreeInodes = 10'000;
// Clocks of a domain differ by less; policy's times are to the second.
constexpr Duration kClockSlack = std::chrono::seconds(60);
constexpr Duration kSignedTimeAge = std::chrono::minutes(45);  // three intervals of 15 minutes

template <typename Config, typename Decode>
std::optional<Config> read_config(const fs::path& file, Decode decode, Findings& findings) {
  if (!os::file_exists(file)) return std::nullopt;
  const auto text = os::read_file(file);
  Result<Config> config = text ? decode(*text, file.string()) : fail(text.error());
  if (config) return *std::move(config);
  findings.push_back({Health::Failed, "configuration", config.error().text(),
                      std::string(config.error().kind().advice)});
  return std::nullopt;
}

TextTable table_of_findings(const Findings& findings) {
  TextTable table{{"STATE", "CHECK", "FOUND", "ADVICE"}, {}};
  for (const Finding& each : findings)
    table.rows.push_back({std::string(to_text(each.health)), each.check, each.detail, each.advice});
  return table;
}

}  // namespace

std::string_view to_text(Health health) {
  constexpr std::array<std::string_view, 3> kNames = {"ok", "warning", "failed"};
  return kNames[static_cast<std::size_t>(health)];
}

ExaminedHost examined_host(const Session& session, Findings& findings) {
  ExaminedHost host;
  host.site = read_config<contract::SiteConfig>(session.state / "site" / "musterd.yaml",
                                                contract::decode_site_config, findings);
  host.client = read_config<contract::ClientConfig>(session.state / "client" / "client.yaml",
                                                    contract::decode_client_config, findings);
  host.context = read_config<contract::OperatorContext>(
      session.state / "operator" / "context.yaml", contract::decode_operator_context, findings);
  if (findings.empty() && !host.site && !host.client && !host.context)
    findings.push_back({Health::Failed, "configuration",
                        fmt::format("nothing of muster in {}", session.state.string()),
                        "Run muster from the folder where ./run was run, or set MUSTER_STATE"});
  return host;
}

Finding life_finding(std::string check, Timestamp from, Timestamp until, Timestamp now,
                     std::string advice) {
  Finding out{Health::Good, std::move(check), "", ""};
  if (now < from) {
    out.health = Health::Failed;
    out.detail = fmt::format("valid only from {}", to_text_seconds(from));
    out.advice = "Set this host's clock";
    return out;
  }
  if (now >= until) {
    out.health = Health::Failed;
    out.detail = fmt::format("expired at {}", to_text_seconds(until));
    out.advice = std::move(advice);
    return out;
  }
  const Duration left = std::chrono::floor<std::chrono::minutes>(until - now);
  out.detail =
      fmt::format("valid until {}, {} left", to_text_seconds(until), muster::to_text(left));
  if ((until - now) * 4 < until - from) {
    out.health = Health::Warning;
    out.advice = std::move(advice);
  }
  return out;
}

Finding space_finding(std::string check, std::uint64_t free, std::uint64_t whole,
                      std::uint64_t least_free, std::string_view unit) {
  Finding out{Health::Good, std::move(check), "", ""};
  const std::uint64_t percent = whole == 0 ? 100 : free * 100 / whole;
  out.detail = unit == "bytes" ? fmt::format("{} free of {}", size_text(free), size_text(whole))
                               : fmt::format("{} {} free of {}", free, unit, whole);
  if (whole != 0 && (free < least_free || percent < 5)) {
    out.health = free < least_free / 10 || percent < 1 ? Health::Failed : Health::Warning;
    out.advice = "Make room, or move the state folder to a larger disk";
  }
  return out;
}

Finding clock_finding(Timestamp signed_at, Timestamp now) {
  Finding out{Health::Good, "clock", "", ""};
  if (now + kClockSlack < signed_at) {
    out.health = Health::Failed;
    out.detail = fmt::format("{} behind the site's signed time", muster::to_text(signed_at - now));
    out.advice = "Set this host's clock; certificates and schedules rest on it";
  } else if (now - signed_at > kSignedTimeAge) {
    out.health = Health::Warning;
    out.detail = fmt::format("the site's signed time is {} old", muster::to_text(now - signed_at));
    out.advice = "Look whether muster-signer runs, and whether this clock is ahead";
  } else {
    out.detail =
        fmt::format("agrees with the site's time signed at {}", to_text_seconds(signed_at));
  }
  return out;
}

void check_disk(const Session& session, const ExaminedHost& host, Findings& findings) {
  std::set<std::string> folders = {session.state.string()};
  if (host.site) folders.insert(host.site->state);
  if (host.client) folders.insert(host.client->state);
  std::set<unsigned long> seen;  // file systems
  for (const std::string& folder : folders) {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) continue;
    if (!seen.insert(info.f_fsid).second) continue;
    findings.push_back(space_finding("disk of " + folder, info.f_bavail * info.f_frsize,
                                     info.f_blocks * info.f_frsize, kLeastFreeBytes, "bytes"));
    findings.push_back(space_finding("inodes of " + folder, info.f_favail, info.f_files,
                                     kLeastFreeInodes, "inodes"));
  }
}

Result<int> doctor(const Session& session, Format format) {
  Findings findings;
  const ExaminedHost host = examined_host(session, findings);
  check_connections(session, host, findings);
  check_certificates(session, host, findings);
  check_signer(session, host, findings);
  check_site(session, host, findings);
  check_disk(session, host, findings);
  std::string text;
  switch (format) {
    case Format::Json:
    case Format::Yaml: {
      std::vector<wire::Node> items;
      for (const auto& row : table_of_findings(findings).rows)
        items.push_back(contract::finding_node(row[0], row[1], row[2], row[3]));
      text = render_items(items, "findings", format);
      break;
    }
    case Format::Csv:
      text = render_csv(table_of_findings(findings));
      break;
    default:
      text = render_table(table_of_findings(findings));
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  Health worst = Health::Good;
  for (const Finding& each : findings) worst = std::max(worst, each.health);
  return worst == Health::Failed ? 3 : worst == Health::Warning ? 1 : 0;
}

}  // namespace muster::console
