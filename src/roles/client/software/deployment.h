// A deployment as the client executes it: what policy and catalogue said, after both signatures
// were checked.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/agent_settings.h"
#include "model/deployment.h"

namespace muster::client {

// What a program runs once for, unless the deployment says that it runs again.
struct ExecutionKey {
  std::string deployment;
  std::string package;
  std::string version;
  friend auto operator<=>(const ExecutionKey&, const ExecutionKey&) = default;
};

// "P01-00001A of editor 1.2".
std::string to_text(const ExecutionKey& key);

struct ContentFile {
  std::string path;  // relative, '/' between parts
  std::uint32_t mode = 0644;
  std::uint64_t size_bytes = 0;
  std::string sha256;  // 64 lower-case hex digits
  friend bool operator==(const ContentFile&, const ContentFile&) = default;
};

enum class RunAs { User, System };
enum class Purpose { Required, Available };

// Maintenance windows count an unknown running time as this.
inline constexpr Duration kUnknownRuntime = std::chrono::hours(12);

struct Program {
  std::string name;
  std::vector<std::string> arguments;  // the first is the program; no shell reads them
  RunAs run_as = RunAs::User;
  Duration max_runtime = kUnknownRuntime;
  std::vector<std::int64_t> success_codes{0};
  std::vector<std::int64_t> reboot_codes;
  // Of collections' variables those that the catalogue entry takes, by name.
  std::vector<model::Variable> variables{};
  bool repeatable = false;  // may run again after an interruption of unknown outcome
  friend bool operator==(const Program&, const Program&) = default;
};

struct Deployment {
  ExecutionKey key;
  Program program;
  std::vector<ContentFile> files;
  Timestamp start;
  // A required one runs by itself at the deadline, at each occurrence of a schedule and at each
  // event; without any of these from `start` on.
  std::optional<Timestamp> deadline;
  std::vector<model::Schedule> schedules{};
  std::vector<model::DeploymentEvent> events{};
  std::optional<Timestamp> expires{};  // nothing is started from here on
  model::Rerun rerun = model::Rerun::Never;
  bool notice = false;  // users are told before it runs by itself
  bool ignore_windows = false;
  Purpose purpose = Purpose::Required;
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

struct DeploymentLimits {
  std::size_t files = 100'000;
  std::size_t arguments = 256;
  std::size_t argument_bytes = 32'768;
};

// Refuses what no signer should have signed: no program, a path that leaves the folder or is
// given twice, a mode with set-id bits, a running time of nothing. Error: kBadDeployment.
Result<void> check_deployment(const Deployment& deployment, const DeploymentLimits& limits = {});

// A relative path of plain parts, at most 1024 bytes.
bool is_plain_path(std::string_view path);
bool is_sha256_hex(std::string_view text);

std::uint64_t content_size_bytes(const Deployment& deployment);

// The name of the folder of one attempt: 32 hex digits, so that no id from outside forms a path.
std::string run_name(const ExecutionKey& key, std::uint32_t attempt);

}  // namespace muster::client
