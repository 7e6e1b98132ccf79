// The client: enrols this machine at its site, follows its policy and reports.
#pragma once

#include <atomic>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "base/time.h"
#include "contract/site_config.h"

namespace muster::client {

// Runs until `stop` turns true (looked at every second). Errors: only those that keep the client
// from working at all (state folder, configuration); everything else is retried and reported.
Result<void> run_client(const contract::ClientConfig& config, const Clock& clock, Random& random,
                        const std::atomic<bool>& stop);

// What `muster-client --inventory ROOT` prints: the full inventory report of the system whose files
// lie below `root` ("/" is the running one), as it would be sent. `file_folders`, as the setting
// software_files.roots has them: SoftwareFile lists all files below. Error: kBadSetting for those.
Result<Bytes> describe_inventory(const char* root, std::string_view file_folders,
                                 const Clock& clock);

// What `muster-client --supervise FOLDER` does: the client starts itself so, once per program of a
// deployment, that the program and its result outlive it. Returns the process's exit code.
int supervise_program(const char* run_folder, const Clock& clock);

}  // namespace muster::client
