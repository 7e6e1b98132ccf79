// A package: what is brought to devices, and the programs that can be run from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace muster::model {

// Under which user a program runs: the agent's own, or the one who is logged on.
enum class RunAs { User, System };
std::string_view to_text(RunAs run_as);  // "user", "system"
std::optional<RunAs> parse_run_as(std::string_view text);

inline constexpr Duration kDefaultMaxRuntime = std::chrono::minutes(15);
inline constexpr Duration kLeastMaxRuntime = std::chrono::minutes(1);
inline constexpr Duration kMostMaxRuntime = std::chrono::hours(24);
// The exit code by which installers of Windows ask for a restart.
inline constexpr int kDefaultRebootCode = 3010;
inline constexpr std::size_t kMostExitCodes = 64;
inline constexpr std::size_t kMostPrograms = 64;

inline constexpr std::size_t kMostPlatforms = 32;
inline constexpr std::uint64_t kMostDiskSpace = 1ull << 50;

// Another program that must have succeeded on the device before this one runs.
struct RunFirst {
  std::string package;
  std::string program;
  // It runs anew before each run of the program that names it; else one success is enough.
  bool every_time = false;
  friend bool operator==(const RunFirst&, const RunFirst&) = default;
};

// Operating systems on which a program may run. What is empty counts as any.
struct Platform {
  std::string os;              // as os-release(5) has it in ID: "debian"
  std::string version{};       // its VERSION_ID or what that begins with, by parts: 12 is also 12.5
  std::string architecture{};  // in Debian's words: "amd64", "arm64"
  friend bool operator==(const Platform&, const Platform&) = default;
};
std::string to_text(const Platform& platform);  // "debian 12 amd64"
// "amd64" for "x86_64" and the like: the words of Debian for what the kernel says of itself.
std::string_view architecture_name(std::string_view machine);
// `device` is what a device is, all of its members known.
bool runs_on(const Platform& wanted, const Platform& device);

// A variable of collections that a program takes. With values or secrets it may be no other than
// one of them; without a secret's name here no file of a device reaches the program.
struct ProgramVariable {
  std::string name;
  std::vector<std::string> values{};
  std::vector<std::string> secrets{};  // names of files of the device
  friend bool operator==(const ProgramVariable&, const ProgramVariable&) = default;
};

struct Program {
  std::string name;
  std::vector<std::string> argv{};  // the first is the program; no shell reads them
  RunAs run_as = RunAs::System;
  Duration max_runtime = kDefaultMaxRuntime;
  std::vector<int> success_codes{0};
  // Success, and the device must restart.
  std::vector<int> reboot_codes{kDefaultRebootCode};
  std::optional<RunFirst> run_first{};
  std::uint64_t disk_bytes = 0;       // that must be free before it starts
  std::vector<Platform> platforms{};  // one of them; without any it runs everywhere
  // What collections may hand to it; nothing else of theirs reaches it.
  std::vector<ProgramVariable> variables{};
  friend bool operator==(const Program&, const Program&) = default;
};

struct Package {
  std::string name;
  std::string version{};
  // The folder with the content, as the operator's file names it. Empty at the site: there the
  // content is known by its manifest.
  std::string source{};
  std::vector<Program> programs{};
  // Caches keep its content as long as a deployment names it, whatever else needs room.
  bool persist = false;
  // It is not deployed any more: what is deployed ends.
  bool retired = false;

  // Null when no program has the name.
  const Program* program(std::string_view program_name) const;
  friend bool operator==(const Package&, const Package&) = default;
};

// 1 to 100 of letters, digits and ".+~:_-", starting with a letter or digit. Error: kBadPackage.
Result<void> check_package_version(std::string_view version);
// Within kLeastMaxRuntime and kMostMaxRuntime. Error: kBadPackage.
Result<void> check_max_runtime(Duration max_runtime);
// The name is not that of an earlier program. Error: kBadPackage.
Result<void> check_program_names_differ(std::span<const Program> earlier, std::string_view name);
// At least one success code, no code both or twice, at most kMostExitCodes. Error: kBadPackage.
Result<void> check_exit_codes(const Program& program);
// Sizes, names and architectures that can be met. Error: kBadPackage.
Result<void> check_requirements(const Program& program);
// Good names, none twice, at most kMostProgramVariables and as many values each.
// Errors: kBadPackage, kBadCollection.
inline constexpr std::size_t kMostProgramVariables = 100;
Result<void> check_variables(const Program& program);

}  // namespace muster::model
