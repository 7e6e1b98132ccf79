// The protocols of the table, and what muster speaks for each of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::topology {

enum class Protocol : std::uint8_t {
  Smb,
  Pptp,
  Ldap,
  Ldaps,
  GlobalCatalog,
  GlobalCatalogTls,
  RpcEndpointMapper,
  Rpc,
  Kerberos,
  Http,
  Https,
  Dhcp,
  Tftp,
  Binl,
  Sql,
  RemoteControl,
  RemoteControlData,
  RemoteAssistance,
  WakeOnLan,
  // Only in muster's own additions.
  Dns,
  KerberosPassword,
  Cldap,
  Gre,
  TftpData,
  Stream,
};
inline constexpr std::size_t kProtocolCount = static_cast<std::size_t>(Protocol::Stream) + 1;

// "SMB", "RPC endpoint mapper".
std::string_view protocol_name(Protocol protocol);

// One sentence: what muster itself speaks under that name.
std::string_view protocol_spoken(Protocol protocol);

// In any case; nothing for an unknown name.
std::optional<Protocol> find_protocol(std::string_view name);

}  // namespace muster::topology
