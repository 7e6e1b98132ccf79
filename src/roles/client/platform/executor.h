// Runs programs of deployments, each in a folder of its own under a supervisor process, and finds
// out how they ended, also after this process was killed in between.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "roles/client/platform/run_files.h"
#include "roles/client/platform/run_plan.h"
#include "roles/client/software/deployment.h"

namespace muster::client {

struct ExecutorSettings {
  // Holds one folder per run. Where programs run as another user, that user must be able to pass
  // through its parents.
  std::filesystem::path folder;
  // The command that becomes a run's supervisor; the run's folder is appended.
  std::vector<std::string> supervisor{"/proc/self/exe", "--supervise"};
  // Whom RunAs::User means where this process is root; otherwise it means this process's user.
  std::optional<std::string> user;
  // Where the values of masked variables are, one file each.
  std::filesystem::path secrets = "/etc/muster/secrets";
  Duration kill_grace = std::chrono::seconds(10);  // between SIGTERM and SIGKILL
  std::uint64_t output_limit_bytes = 1u << 20;
  std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  std::string language = "C.UTF-8";
};

struct RunState {
  enum class Kind {
    Running,       // its supervisor lives
    Ended,         // `result` says how
    NeverStarted,  // and never will be: nobody holds the lock, and "started" is missing
    Unknown        // it was started, and nobody lives who knows the end
  };
  Kind kind = Kind::Unknown;
  RunResult result;
};

class Executor {
 public:
  // Error: kFileUnwritable.
  static Result<Executor> open(ExecutorSettings settings);

  // The run's folder with the verified files and the plan, durable. Errors: kContentChanged,
  // kContentMissing, kNeedsRoot, kProgramNotStarted, kFileUnwritable.
  Result<void> prepare(const Deployment& deployment, const std::string& run,
                       const OpenContent& open_content) const;

  // Starts the supervisor of a prepared run. After success state() is never NeverStarted by
  // mistake: the supervisor holds the run's lock from its first moment. Error:
  // kProgramNotStarted, and nothing runs.
  Result<void> start(const std::string& run) const;

  RunState state(const std::string& run) const;

  // Not while it runs.
  void remove(const std::string& run) const;
  std::vector<std::string> runs() const;

  // The recorded output, for a person. Errors: those of os::read_file.
  Result<Bytes> output(const std::string& run) const;

 private:
  explicit Executor(ExecutorSettings settings) : settings_(std::move(settings)) {}
  std::filesystem::path run_folder(const std::string& run) const;
  Result<RunPlan> plan_for(const Deployment& deployment, const std::filesystem::path& files) const;
  Result<std::optional<RunUser>> user_for(RunAs run_as) const;

  ExecutorSettings settings_;
};

// This boot's id; empty where the system has none.
std::string boot_id();
// Whether this process may run programs as the system.
bool is_privileged();

}  // namespace muster::client
