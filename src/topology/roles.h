// The roles at the two ends of a connection: those that muster plays and those of foreign peers.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/result.h"

namespace muster::topology {

enum class Role : std::uint8_t {
  SiteServer,
  PrimarySiteServer,  // a site server that has a database; a RoleSet with it has SiteServer too
  ManagementPoint,
  DistributionPoint,
  BranchDistributionPoint,
  Provider,
  Console,
  Client,
  SoftwareUpdatePoint,
  StateMigrationPoint,
  PxeServicePoint,
  SystemHealthValidator,
  FallbackStatusPoint,
  ServerLocatorPoint,
  ReportingPoint,
  SiteDatabase,
  DomainController,
  Internet,
  WsusSynchronizationServer,
  // Ends of muster's own additions.
  Browser,
  AnyHost,  // whatever hosts a role of muster
  DnsServer,
  MessageStream,
};
inline constexpr std::size_t kRoleCount = static_cast<std::size_t>(Role::MessageStream) + 1;

// "management point".
std::string_view role_name(Role role);

// A peer that muster neither starts nor configures: its ports never shift.
bool is_foreign(Role role);

// Takes "management point" and "management-point", in any case. Error: kUnknownRole with the
// nearest name.
Result<Role> parse_role(std::string_view text);

// Which roles a host plays.
class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (Role role : roles) add(role);
  }
  // Every role that muster plays.
  static RoleSet all();
  // These and those of foreign peers.
  static constexpr RoleSet everything() {
    RoleSet out;
    for (std::size_t i = 0; i < kRoleCount; ++i) out.add(static_cast<Role>(i));
    return out;
  }

  constexpr void add(Role role) {
    bits_ |= bit(role);
    if (role == Role::PrimarySiteServer) bits_ |= bit(Role::SiteServer);
  }
  constexpr bool has(Role role) const { return (bits_ & bit(role)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend bool operator==(const RoleSet&, const RoleSet&) = default;

 private:
  static constexpr std::uint32_t bit(Role role) { return 1u << static_cast<unsigned>(role); }
  std::uint32_t bits_ = 0;
};
static_assert(kRoleCount <= 32);

}  // namespace muster::topology
