// The failures of topology/: numbers 1350 to 1399.
#pragma once

#include "base/result.h"

namespace muster::topology {

inline constexpr ErrorKind kUnknownConnection{
    1350, "unknown-connection", "Use a number of docs/connections.md: 1 to 37, or E1 and on"};
inline constexpr ErrorKind kUnknownProtocol{
    1351, "unknown-protocol", "Use a protocol that docs/connections.md lists for the connection"};
inline constexpr ErrorKind kUnknownRole{1352, "unknown-role",
                                        "Use a role as 'muster ports list' prints it"};
inline constexpr ErrorKind kPortFixed{
    1353, "port-fixed", "Leave this port as it is; docs/connections.md says which can be changed"};
inline constexpr ErrorKind kPortPair{
    1354, "port-pair", "Set 80 with 443, or for any other HTTP port the next one as HTTPS port"};
inline constexpr ErrorKind kBadPort{
    1355, "bad-port", "Give a port that the setting's line in docs/settings.md allows"};
inline constexpr ErrorKind kPortClash{
    1356, "port-clash", "Move one of the two that the text names, or put them on different hosts"};
inline constexpr ErrorKind kBadBuiltList{
    1357, "bad-built-list", "Correct the line of tests/connections/built.csv that the text names"};

inline constexpr ErrorKind kUnknownFirewall{
    1358, "unknown-firewall",
    "Use nftables, firewalld, ufw or netsh; only nftables has a --complete form"};
inline constexpr ErrorKind kLegNeeded{
    1359, "leg-needed", "Close only alternatives, of which another leg of the set stays open"};

}  // namespace muster::topology
