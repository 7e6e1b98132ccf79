// fork and exec of a run's program, with everything that it must not inherit taken away.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/os/fd.h"
#include "base/result.h"
#include "roles/client/platform/run_plan.h"

namespace muster::client {

// Where a program's standard error goes.
enum class ErrorStream { WithOutput, Discarded };

struct StartedProgram {
  pid_t pid = -1;  // leads its own session and process group
  os::Fd output;   // its standard output, perhaps with the error stream, non-blocking
};

// Starts the plan's program in `folder`: no shell, standard input from /dev/null, only the plan's
// environment, no other descriptors, default signals, no core dump, the plan's user. `join_fd`
// is a control group's cgroup.procs, or -1. Error when any step up to exec fails:
// kProgramNotStarted, and nothing runs.
Result<StartedProgram> start_program(const std::filesystem::path& folder, const RunPlan& plan,
                                     int join_fd, ErrorStream errors = ErrorStream::WithOutput);

}  // namespace muster::client
