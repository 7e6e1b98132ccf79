// The makers' texts of the firmware tables, as /sys/class/dmi/id shows them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/source.h"

namespace muster::client {

// The file's line; nothing for what makers leave in the tables when they fill in nothing. A denial
// becomes a note on `fact` ("Device.SerialNumber").
std::optional<std::string> firmware_fact(const Source& source, std::string_view file,
                                         std::string_view fact, Collected& out);

// The file's number: chassis_type.
std::optional<std::int64_t> firmware_number(const Source& source, std::string_view file);

}  // namespace muster::client
