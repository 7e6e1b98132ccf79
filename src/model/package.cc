#include "model/package.h"

#include <algorithm>
#include <set>

#include "base/size.h"
#include "model/agent_settings.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

struct Architecture {
  std::string_view machine;  // uname -m
  std::string_view name;
};

constexpr Architecture kArchitectures[] = {
    {"x86_64", "amd64"}, {"aarch64", "arm64"},   {"i386", "i386"},       {"i686", "i386"},
    {"armv7l", "armhf"}, {"ppc64le", "ppc64el"}, {"riscv64", "riscv64"}, {"s390x", "s390x"},
};

bool is_platform_word(std::string_view text) {
  return text.size() <= 40 && std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

std::string_view architecture_name(std::string_view machine) {
  for (const Architecture& each : kArchitectures)
    if (machine == each.machine) return each.name;
  return machine;
}

std::string to_text(const Platform& platform) {
  std::string out = platform.os.empty() ? "any system" : platform.os;
  if (!platform.version.empty()) out += " " + platform.version;
  if (!platform.architecture.empty()) out += " " + platform.architecture;
  return out;
}

bool runs_on(const Platform& wanted, const Platform& device) {
  if (!wanted.os.empty() && wanted.os != device.os) return false;
  if (!wanted.architecture.empty() && wanted.architecture != device.architecture) return false;
  if (wanted.version.empty() || wanted.version == device.version) return true;
  return device.version.starts_with(wanted.version + ".");
}

std::string_view to_text(RunAs run_as) { return run_as == RunAs::User ? "user" : "system"; }

std::optional<RunAs> parse_run_as(std::string_view text) {
  if (text == "user") return RunAs::User;
  if (text == "system") return RunAs::System;
  return std::nullopt;
}

const Program* Package::program(std::string_view program_name) const {
  const auto found = std::ranges::find(programs, program_name, &Program::name);
  return found == programs.end() ? nullptr : &*found;
}

Result<void> check_package_version(std::string_view version) {
  const bool good = !version.empty() && version.size() <= 100 && is_letter_or_digit(version[0]) &&
                    std::ranges::all_of(version, [](char c) {
                      return is_letter_or_digit(c) ||
                             std::string_view(".+~:_-").find(c) != std::string_view::npos;
                    });
  if (!good)
    return fail(kBadPackage,
                "'{}' is no version: 1 to 100 of letters, digits and .+~:_- are wanted",
                version.substr(0, 80));
  return {};
}

Result<void> check_max_runtime(Duration max_runtime) {
  if (max_runtime < kLeastMaxRuntime || max_runtime > kMostMaxRuntime)
    return fail(kBadPackage, "{} is not within {} and {}", muster::to_text(max_runtime),
                muster::to_text(kLeastMaxRuntime), muster::to_text(kMostMaxRuntime));
  return {};
}

Result<void> check_program_names_differ(std::span<const Program> earlier, std::string_view name) {
  if (std::ranges::find(earlier, name, &Program::name) != earlier.end())
    return fail(kBadPackage, "two programs are named {}", name);
  return {};
}

Result<void> check_exit_codes(const Program& program) {
  if (program.success_codes.empty())
    return fail(kBadPackage, "program {} has no success code", program.name);
  std::vector<int> all = program.success_codes;
  all.insert(all.end(), program.reboot_codes.begin(), program.reboot_codes.end());
  if (all.size() > kMostExitCodes)
    return fail(kBadPackage, "program {} has {} exit codes, {} are allowed", program.name,
                all.size(), kMostExitCodes);
  std::ranges::sort(all);
  const auto twice = std::ranges::adjacent_find(all);
  if (twice != all.end())
    return fail(kBadPackage, "program {} lists the exit code {} twice", program.name, *twice);
  return {};
}

Result<void> check_requirements(const Program& program) {
  if (program.disk_bytes > kMostDiskSpace)
    return fail(kBadPackage, "program {} wants {} of disk space, {} are possible", program.name,
                to_text_size(program.disk_bytes), to_text_size(kMostDiskSpace));
  if (program.platforms.size() > kMostPlatforms)
    return fail(kBadPackage, "program {} has {} platforms, {} are allowed", program.name,
                program.platforms.size(), kMostPlatforms);
  for (const Platform& each : program.platforms) {
    if (each == Platform{})
      return fail(kBadPackage, "program {} has a platform that says nothing", program.name);
    if (!each.version.empty() && each.os.empty())
      return fail(kBadPackage, "program {} wants version {} of no system", program.name,
                  each.version.substr(0, 40));
    for (const std::string_view word : {std::string_view(each.os), std::string_view(each.version),
                                        std::string_view(each.architecture)})
      if (!is_platform_word(word))
        return fail(kBadPackage, "program {}: '{}' is no name or version of a platform",
                    program.name, word.substr(0, 40));
    if (!each.architecture.empty() &&
        std::ranges::find(kArchitectures, each.architecture, &Architecture::name) ==
            std::end(kArchitectures))
      return fail(kBadPackage,
                  "program {}: the architecture '{}' is not known; Debian's words are wanted: "
                  "amd64, arm64, armhf, i386, ppc64el, riscv64, s390x",
                  program.name, each.architecture);
  }
  return {};
}

Result<void> check_variables(const Program& program) {
  if (program.variables.size() > kMostProgramVariables)
    return fail(kBadPackage, "program {}: {} variables, {} are allowed", program.name,
                program.variables.size(), kMostProgramVariables);
  std::set<std::string_view> names;
  for (const ProgramVariable& variable : program.variables) {
    TRY(check_variable_name(variable.name));
    if (!names.insert(variable.name).second)
      return fail(kBadPackage, "program {}: variable {} stands twice", program.name, variable.name);
    if (variable.values.size() > kMostProgramVariables ||
        variable.secrets.size() > kMostProgramVariables)
      return fail(kBadPackage, "program {}: variable {} has over {} values or secrets",
                  program.name, variable.name, kMostProgramVariables);
    for (const std::string& value : variable.values) TRY(check_variable({variable.name, value}));
    for (const std::string& secret : variable.secrets) {
      if (secret.empty())
        return fail(kBadPackage, "program {}: variable {} takes a secret without a name",
                    program.name, variable.name);
      TRY(check_variable({.name = variable.name, .secret = secret}));
    }
  }
  return {};
}

}  // namespace muster::model
