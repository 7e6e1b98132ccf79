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
#include "model/package.h"

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

using model::Program;
using model::Purpose;
using model::RunAs;

// A program that must have succeeded before a deployment's own runs.
struct FirstProgram {
  ExecutionKey key{};  // of its own runs: first_key() says whose else they are
  Program program{};
  std::vector<model::Variable> variables{};  // for the program
  std::vector<ContentFile> files{};
  std::string content_folder{};
  bool every_time = false;
  bool persist = false;
  friend bool operator==(const FirstProgram&, const FirstProgram&) = default;
};

struct Deployment {
  ExecutionKey key;
  Program program;
  // Of collections' variables those that the catalogue entry takes, by name.
  std::vector<model::Variable> variables{};
  bool repeatable = false;  // may run again after an interruption of unknown outcome
  std::vector<ContentFile> files;
  std::string content_folder{};  // on every distribution point
  bool persist = false;          // its content never makes room for other content
  Timestamp start;
  // A required one runs by itself at the deadline, at each occurrence of a schedule and at each
  // event; without any of these from `start` on.
  std::optional<Timestamp> deadline;
  std::vector<model::Schedule> schedules{};
  std::vector<model::DeploymentEvent> events{};
  std::vector<std::string> after{};    // ids of deployments whose success is an event
  std::optional<Timestamp> expires{};  // nothing is started from here on
  model::Rerun rerun = model::Rerun::Never;
  bool notice = false;  // users are told before it runs by itself
  bool ignore_windows = false;
  Purpose purpose = Purpose::Required;
  std::vector<FirstProgram> first{};  // what runs first, then what runs before that
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

struct DeploymentLimits {
  std::size_t files = 100'000;
  std::size_t arguments = 256;
  std::size_t argument_bytes = 32'768;
};

// The key under which a program that runs first keeps its runs. What needs to succeed but once is
// shared by all deployments; what runs anew each time belongs to the deployment `whose`.
ExecutionKey first_key(const std::string& whose, const std::string& package,
                       const std::string& version, const std::string& program);
inline constexpr std::string_view kWhoseOnce = "first";
// Whether it is such a key.
bool runs_first(const ExecutionKey& key);

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
