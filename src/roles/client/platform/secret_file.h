// The value of a masked variable: a file of this machine that nobody but the client's user reads.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace muster::client {

// The file without the line break at its end. It is a plain file of root or of this process's
// user, closed to group and others, and no link. Error: kSecretUnreadable, without any of it.
Result<std::string> read_secret(const std::filesystem::path& folder, const std::string& name);

}  // namespace muster::client
