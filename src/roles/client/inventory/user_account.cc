// Class UserAccount: passwd(5), group(5), and of shadow(5) only two flags. A password's hash is
// looked at for its first character and goes nowhere.
#include <algorithm>
#include <map>

#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::size_t kLargestDatabase = 16u << 20;
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kMostDays = 2'932'896;  // the year 9999

std::vector<std::string_view> parts(std::string_view line, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t end = line.find(separator);
    out.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return out;
    line.remove_prefix(end + 1);
  }
}

struct Groups {
  std::map<std::int64_t, std::string> names;
  std::map<std::string, std::vector<std::string>, std::less<>> of_member;
};

Groups read_groups(const Source& source) {
  Groups out;
  const auto text = source.read("/etc/group", kLargestDatabase);
  if (!text) return out;
  std::string_view rest = *text;
  for (std::string_view line; next_line(rest, line);) {
    const auto entry = parts(line, ':');
    if (entry.size() != 4 || entry[0].empty()) continue;
    if (const auto number = to_number(entry[2])) out.names.try_emplace(*number, entry[0]);
    for (const std::string_view member : parts(entry[3], ','))
      if (!member.empty()) out.of_member[std::string(member)].emplace_back(entry[0]);
  }
  for (auto& [member, groups] : out.of_member) {
    std::ranges::sort(groups);
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  }
  return out;
}

struct ShadowFlags {
  bool locked = false;
  std::optional<std::int64_t> expires_ms;
};

bool is_locked(std::string_view password) {
  return password.starts_with('!') || password.starts_with('*');
}

std::map<std::string, ShadowFlags, std::less<>> read_shadow(const Source& source, Collected& out) {
  std::map<std::string, ShadowFlags, std::less<>> flags;
  const auto text = source.read("/etc/shadow", kLargestDatabase);
  if (!text) {
    if (text.error().is(kFactDenied))
      out.notes.push_back({Note::Reason::NeedsRoot, "UserAccount.Locked", text.error().text()});
    return flags;
  }
  std::string_view rest = *text;
  for (std::string_view line; next_line(rest, line);) {
    const auto entry = parts(line, ':');
    if (entry.size() < 8) continue;
    ShadowFlags found{.locked = is_locked(entry[1]), .expires_ms = std::nullopt};
    const auto days = to_number(entry[7]);
    if (days && *days >= 0 && *days <= kMostDays) found.expires_ms = *days * kDayMs;
    flags.try_emplace(std::string(entry[0]), found);
  }
  return flags;
}

}  // namespace

Result<Collected> collect_user_account(const Source& source) {
  Collected out;
  const auto text = source.read("/etc/passwd", kLargestDatabase);
  if (!text) {
    if (text.error().is(kFactMissing)) return out;
    return fail(text.error());
  }
  const Groups groups = read_groups(source);
  const auto shadow = read_shadow(source, out);
  std::string_view rest = *text;
  for (std::string_view line; next_line(rest, line);) {
    const auto entry = parts(line, ':');
    // "+name:..." of NIS takes accounts from elsewhere.
    if (entry.size() != 7 || entry[0].empty() || entry[0][0] == '+' || entry[0][0] == '-') continue;
    RowBuilder row("UserAccount");
    row.text("Name", entry[0]).number("Uid", to_number(entry[2]));
    const auto group = to_number(entry[3]);
    const auto named = group ? groups.names.find(*group) : groups.names.end();
    row.text("PrimaryGroup", named == groups.names.end() ? entry[3] : named->second);
    if (const auto listed = groups.of_member.find(entry[0]); listed != groups.of_member.end())
      row.text("Groups", fmt::format("{}", fmt::join(listed->second, ",")));
    row.text("FullName", entry[4].substr(0, entry[4].find(',')));
    row.text("Home", entry[5]).text("Shell", entry[6]);
    if (const auto found = shadow.find(entry[0]); found != shadow.end()) {
      row.number("Locked", found->second.locked ? 1 : 0);
      row.number("Expires", found->second.expires_ms);
    } else if (entry[1] != "x") {  // a database without shadow
      row.number("Locked", is_locked(entry[1]) ? 1 : 0);
    }
    out.rows.push_back(std::move(row).take());
    if (out.rows.size() >= model::kMostRowsPerClass) break;
  }
  return out;
}

}  // namespace muster::client
