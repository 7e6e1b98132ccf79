// What a `database.url` says to others than the driver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace muster::store {

// The port of its first host; nothing where it names none, for a socket, and for no url at all.
std::optional<std::uint16_t> port_of_database_url(const std::string& url);

}  // namespace muster::store
