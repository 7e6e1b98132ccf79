// Runs one program to its end and writes down how it ended. A process of its own, so that the
// client's death neither ends the program nor loses its result.
#pragma once

#include <filesystem>

#include "base/time.h"

namespace muster::client {

// The descriptor on which the supervisor inherits its run's lock.
inline constexpr int kSupervisorLockFd = 3;

// The body of `muster-client --supervise FOLDER`, started by Executor::start and by nobody else:
// reads the folder's plan, makes "started" durable, runs the program, stops it and all that
// descends from it when its time is over, and makes the result durable. Returns the process's
// exit code: 0 when the result was written.
int supervise(const std::filesystem::path& run, const Clock& clock);

}  // namespace muster::client
