// The table as people read it: rows of `muster ports list`, docs/connections.md and the README's
// table. All functions are pure.
#pragma once

#include <string>
#include <vector>

#include "topology/built.h"
#include "topology/port_settings.h"

namespace muster::topology {

// One leg as text, seen by one role of the host.
struct PortRow {
  std::string connection;    // "17"
  std::string from;          // "client"
  std::string to;            // "management point"
  std::string protocol;      // "HTTPS"
  std::string transport;     // "tcp"
  std::string port;          // "443", "67 and 68", "dynamic", "49152-49407", "none"
  std::string configurable;  // the setting's name, or "no"
  std::string note;          // "2", "" for none
  std::string leg;           // "required", "alternative (web)", "quirk"
  std::string role;          // "listens: management point", "dials: client"
};

// The legs that a host with these roles listens on or dials, in the table's order. A leg that two
// roles of the host share has one row per end.
std::vector<PortRow> ports_list(RoleSet roles, Profile profile, const PortSettings& settings);
// Every leg, with no host in mind: the role is the one that listens.
std::vector<PortRow> ports_list_all(Profile profile, const PortSettings& settings);

// docs/connections.md.
std::string connections_markdown(const std::vector<BuiltLeg>& built);
// The README's table: connection, ends, protocols, "built" or "planned". A connection is built
// when its required legs and one leg of each of its alternative sets are.
std::string readme_table(const std::vector<BuiltLeg>& built);

}  // namespace muster::topology
