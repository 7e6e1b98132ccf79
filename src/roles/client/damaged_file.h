// What becomes of a file of the client's state that cannot be read and that the client can do
// without.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace muster::client {

// Renames it to FILE.damaged, in the place of an earlier one, and logs the cause. Where even that
// fails the file stays, and that is logged too.
void set_aside(const std::filesystem::path& file, const Error& cause);

}  // namespace muster::client
