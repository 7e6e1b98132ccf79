// muster-signer: the keys of the site behind a Unix socket, for the site's own daemons only.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::signer {

// Makes the keys of a new site in `folder` (0700). Error when keys are there already.
Result<void> create_keys(const std::filesystem::path& folder, std::string_view site_code,
                         const Clock& clock, Random& random);

// Serves FOLDER/signer.sock until SIGINT or SIGTERM comes; only processes of this user are
// answered. Errors: those of opening the keys and of listening.
Result<void> serve(const std::filesystem::path& folder, const Clock& clock, Random& random);

}  // namespace muster::signer
