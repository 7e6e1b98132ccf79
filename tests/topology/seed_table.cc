#include "tests/topology/seed_table.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/os/file.h"

namespace muster::topology {
namespace {

const std::map<Role, std::string> kRoles = {
    {Role::SiteServer, "Site Server"},
    {Role::PrimarySiteServer, "Primary Site Server"},
    {Role::ManagementPoint, "Management Point"},
    {Role::DistributionPoint, "Distribution Point"},
    {Role::BranchDistributionPoint, "Branch Distribution Point"},
    {Role::Provider, "Provider"},
    {Role::Console, "Configuration Manager Console"},
    {Role::Client, "Client"},
    {Role::SoftwareUpdatePoint, "Software Update Point"},
    {Role::StateMigrationPoint, "State Migration Point"},
    {Role::PxeServicePoint, "PXE Service Point"},
    {Role::SystemHealthValidator, "System Health Validator"},
    {Role::FallbackStatusPoint, "Fallback Status Point"},
    {Role::ServerLocatorPoint, "Server Locator Point"},
    {Role::ReportingPoint, "Reporting Point"},
    {Role::SiteDatabase, "Microsoft SQL Server"},
    {Role::DomainController, "Domain Controller"},
    {Role::Internet, "Internet"},
    {Role::WsusSynchronizationServer, "WSUS Synchronization Server"},
};

const std::map<Protocol, std::string> kProtocols = {
    {Protocol::Smb, "Server Message Block (SMB)"},
    {Protocol::Pptp, "Point to Point Tunneling Protocol (PPTP)"},
    {Protocol::Ldap, "Lightweight Directory Access Protocol (LDAP)"},
    {Protocol::Ldaps, "LDAP (Secure Sockets Layer [SSL] connection)"},
    {Protocol::GlobalCatalog, "Global Catalog LDAP"},
    {Protocol::GlobalCatalogTls, "Global Catalog LDAP SSL"},
    {Protocol::RpcEndpointMapper, "RPC Endpoint Mapper"},
    {Protocol::Rpc, "RPC"},
    {Protocol::Kerberos, "Kerberos"},
    {Protocol::Http, "Hypertext Transfer Protocol (HTTP)"},
    {Protocol::Https, "Secure Hypertext Transfer Protocol (HTTPS)"},
    {Protocol::Dhcp, "Dynamic Host Configuration Protocol (DHCP)"},
    {Protocol::Tftp, "Trivial File Transfer Protocol (TFTP)"},
    {Protocol::Binl, "Boot Information Negotiation Layer (BINL)"},
    {Protocol::Sql, "SQL over TCP"},
    {Protocol::RemoteControl, "Remote Control (control)"},
    {Protocol::RemoteControlData, "Remote Control (data)"},
    {Protocol::RemoteAssistance, "Remote Assistance (RDP and RTC)"},
    {Protocol::WakeOnLan, "Wake on LAN"},
};

// Rows whose wording in the description differs from that of the same protocol elsewhere.
const std::map<int, std::string> kRowProtocols = {
    {30, "DHCP"},
    {31, "IPsec"},
    {74, "RPC (initial connection to WMI to locate provider system)"},
    {80, "RPC Endpoint mapper"},
};
constexpr int kRowWithoutBlank = 75;  // "8530(See note 4)"

std::string ports_text(const Ports& ports) {
  switch (ports.form) {
    case PortForm::Dynamic:
      return "DYNAMIC";
    case PortForm::Either:
      return fmt::format("{} or {}", ports.first, ports.second);
    case PortForm::Both:
      return fmt::format("{} and {}", ports.first, ports.second);
    default:
      return std::to_string(ports.first);
  }
}

}  // namespace

std::string seed_role(Role role, ConnectionId id) {
  // The description writes "SQL Server" in two of its rows.
  if (role == Role::SiteDatabase && (id.number == 23 || id.number == 24)) return "SQL Server";
  return kRoles.at(role);
}

std::vector<std::string> seed_lines() {
  const auto csv = os::read_file(MUSTER_SOURCE_DIR "/tests/topology/connections.csv");
  EXPECT_TRUE(csv.has_value());
  std::vector<std::string> out;
  std::istringstream lines(csv.value_or(""));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "connection,from,direction,to,protocol,udp,tcp");
  while (std::getline(lines, line)) out.push_back(line);
  return out;
}

std::string line_of_row(std::uint8_t row) {
  std::string udp = "--", tcp = "--";
  const Leg* first = nullptr;
  for (const Leg& leg : legs()) {
    if (leg.row != row) continue;
    std::string& cell = leg.transport == Transport::Udp ? udp : tcp;
    // Two protocols of muster's in one row: "80 or 443".
    cell = cell == "--" ? ports_text(leg.ports) : cell + " or " + ports_text(leg.ports);
    const char* const blank = row == kRowWithoutBlank ? "" : " ";
    if (leg.note != 0) cell += fmt::format("{}(See note {})", blank, leg.note);
    if (first == nullptr) first = &leg;
  }
  if (first == nullptr) return "no leg";
  const auto special = kRowProtocols.find(row);
  const std::string protocol =
      special == kRowProtocols.end() ? kProtocols.at(first->protocol) : special->second;
  return fmt::format("{},{},{},{},{},{},{}", to_text(first->connection),
                     seed_role(first->from, first->connection),
                     first->direction == Direction::Both ? "both" : "forward",
                     seed_role(first->to, first->connection), protocol, udp, tcp);
}

}  // namespace muster::topology
