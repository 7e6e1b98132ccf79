// The two small files through which the client and a run's supervisor talk: the plan before the
// start and the result after the end. Both outlive either process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "roles/client/software/execution_record.h"

namespace muster::client {

struct RunUser {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  friend bool operator==(const RunUser&, const RunUser&) = default;
};

// A masked variable's value: the supervisor reads it from its file, so that no run's folder has it.
struct RunSecret {
  std::string variable;  // its name in the environment
  std::string file;
  friend bool operator==(const RunSecret&, const RunSecret&) = default;
};

struct RunPlan {
  std::string executable;              // a path; relative ones start at the run's files
  std::vector<std::string> arguments;  // the first is the name that the program sees
  std::vector<std::string> environment;
  Duration max_runtime{0};
  Duration kill_grace{0};
  std::uint64_t output_limit_bytes = 0;
  std::optional<RunUser> user;  // absent: as the supervisor itself
  std::vector<RunSecret> secrets{};
  friend bool operator==(const RunPlan&, const RunPlan&) = default;
};

struct RunResult {
  Ending ending = Ending::Exited;
  std::int64_t code = 0;
  std::string detail;
  friend bool operator==(const RunResult&, const RunResult&) = default;
};

// Errors: kShortInput, kBadEncoding.
Bytes encode_plan(const RunPlan& plan);
Result<RunPlan> decode_plan(ByteView bytes);
Bytes encode_result(const RunResult& result);
Result<RunResult> decode_result(ByteView bytes);

// Names inside a run's folder.
inline constexpr const char* kRunLock = "lock";  // held by the supervisor while it lives
inline constexpr const char* kRunPlan = "plan";
inline constexpr const char* kRunStarted = "started";  // durable before the program starts
inline constexpr const char* kRunResult = "result";
inline constexpr const char* kRunOutput = "output.log";
inline constexpr const char* kRunFiles = "files";

}  // namespace muster::client
