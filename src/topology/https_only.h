// Sites that close HTTP wherever a connection has HTTPS too.
#pragma once

#include <vector>

#include "topology/legs.h"
#include "topology/render.h"

namespace muster::topology {

inline constexpr std::string_view kHttpsOnlySetting = "ports.https_only";

// An HTTP leg between clients and site systems whose connection has HTTPS too. The update point's
// stays open (note 4 of docs/connections.md).
bool is_closed_by_https_only(const Leg& leg);

// As `muster ports list` shows them: "closed" in place of the port.
void close_http(std::vector<PortRow>& rows);

}  // namespace muster::topology
