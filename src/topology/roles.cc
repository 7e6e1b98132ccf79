#include "topology/roles.h"

#include <array>
#include <string>

#include "base/nearest.h"
#include "topology/errors.h"

namespace muster::topology {
namespace {

constexpr std::array<std::string_view, kRoleCount> kNames = {
    "site server",
    "primary site server",
    "management point",
    "distribution point",
    "branch distribution point",
    "provider",
    "console",
    "client",
    "software update point",
    "state migration point",
    "PXE service point",
    "system health validator",
    "fallback status point",
    "server locator point",
    "reporting point",
    "site database",
    "domain controller",
    "internet",
    "WSUS synchronization server",
    "browser",
    "any host",
    "DNS server",
    "message stream",
};
static_assert(!kNames.back().empty());

// One spelling to compare by: lower case, words joined by blanks.
std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == '_') c = ' ';
  }
  return out;
}

}  // namespace

std::string_view role_name(Role role) { return kNames[static_cast<std::size_t>(role)]; }

bool is_foreign(Role role) {
  switch (role) {
    case Role::DomainController:
    case Role::Internet:
    case Role::WsusSynchronizationServer:
    case Role::Browser:
    case Role::DnsServer:
    case Role::MessageStream:
      return true;
    default:
      return false;
  }
}

Result<Role> parse_role(std::string_view text) {
  const std::string wanted = folded(text);
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (folded(kNames[i]) == wanted) return static_cast<Role>(i);
  const std::string_view near = nearest(wanted, kNames);
  if (near.empty()) return fail(kUnknownRole, "'{}'", text.substr(0, 60));
  return fail(kUnknownRole, "'{}'; did you mean '{}'?", text.substr(0, 60), near);
}

RoleSet RoleSet::all() {
  RoleSet out;
  for (std::size_t i = 0; i < kRoleCount; ++i)
    if (const Role role = static_cast<Role>(i); !is_foreign(role) && role != Role::AnyHost)
      out.add(role);
  return out;
}

}  // namespace muster::topology
