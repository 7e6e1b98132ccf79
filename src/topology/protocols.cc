#include "topology/protocols.h"

#include <algorithm>
#include <array>

namespace muster::topology {
namespace {

struct Description {
  std::string_view name;
  std::string_view spoken;
};

constexpr std::array<Description, kProtocolCount> kDescriptions = {{
    {"SMB", "SMB 3.1.1, signed and encrypted; Samba serves the shares"},
    {"PPTP", "a tunnel that an address brings up before SMB; never trusted, off by default"},
    {"LDAP", "LDAPv3 with SASL GSSAPI or StartTLS, paged"},
    {"LDAPS", "LDAPv3 inside TLS"},
    {"global catalog LDAP", "LDAPv3 with SASL GSSAPI, read only"},
    {"global catalog LDAPS", "LDAPv3 inside TLS, read only"},
    {"RPC endpoint mapper", "DCE 1.1 ept_map and ept_lookup"},
    {"RPC", "HTTP/1.1 with JSON over mutual TLS on the port that the endpoint mapper names"},
    {"Kerberos", "Kerberos 5 through GSSAPI"},
    {"HTTP", "HTTP/1.1: signed public documents, signed content and sealed envelopes"},
    {"HTTPS", "HTTP/1.1 over TLS 1.3"},
    {"DHCP", "proxy offers beside any DHCP server"},
    {"TFTP", "RFC 1350 with blksize, tsize and windowsize"},
    {"BINL", "the PXE boot service"},
    {"SQL", "PostgreSQL's protocol, TLS, SCRAM with channel binding"},
    {"remote control", "TLS with the operator's identity, scope, consent and audit"},
    {"remote control data", "the screen (RFB) or a terminal, bound to the control's ticket"},
    {"remote assistance", "RDP, opened for one ticket at a time"},
    {"Wake on LAN", "the magic packet, unicast or subnet-directed broadcast"},
    {"DNS", "look-ups through the host's resolver"},
    {"kpasswd", "Kerberos password change (RFC 3244)"},
    {"CLDAP", "the domain controller's locator ping"},
    {"GRE", "the packets inside the tunnel of connection 1's PPTP"},
    {"TFTP data", "the blocks of a transfer, from a port of the server's choice"},
    {"stream", "NATS JetStream, as the inbox between several management points and the site"},
}};
static_assert(!kDescriptions.back().name.empty());

bool equal_in_any_case(std::string_view a, std::string_view b) {
  const auto low = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return low(x) == low(y); });
}

}  // namespace

std::string_view protocol_name(Protocol protocol) {
  return kDescriptions[static_cast<std::size_t>(protocol)].name;
}

std::string_view protocol_spoken(Protocol protocol) {
  return kDescriptions[static_cast<std::size_t>(protocol)].spoken;
}

std::optional<Protocol> find_protocol(std::string_view name) {
  for (std::size_t i = 0; i < kDescriptions.size(); ++i)
    if (equal_in_any_case(kDescriptions[i].name, name)) return static_cast<Protocol>(i);
  return std::nullopt;
}

}  // namespace muster::topology
