#include "roles/client/software/deployment.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/byte_writer.h"
#include "base/sha256.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr std::size_t kLongestPath = 1024;

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && !has_nul(text);
}

Result<void> check_program(const ExecutionKey& key, const Program& program,
                           const DeploymentLimits& limits) {
  const std::string name = to_text(key);
  if (program.argv.empty() || program.argv[0].empty())
    return fail(kBadDeployment, "{}: no program to run", name);
  if (program.argv.size() > limits.arguments)
    return fail(kBadDeployment, "{}: over {} arguments", name, limits.arguments);
  std::size_t bytes = 0;
  for (const std::string& argument : program.argv) {
    if (has_nul(argument)) return fail(kBadDeployment, "{}: a zero byte in an argument", name);
    bytes += argument.size();
  }
  if (bytes > limits.argument_bytes)
    return fail(kBadDeployment, "{}: over {} bytes of arguments", name, limits.argument_bytes);
  if (program.max_runtime <= Duration(0))
    return fail(kBadDeployment, "{}: a longest running time of nothing", name);
  if (program.success_codes.size() > 256 || program.reboot_codes.size() > 256)
    return fail(kBadDeployment, "{}: over 256 exit codes", name);
  return {};
}

// A file that is also the folder of another one cannot be laid out.
bool is_folder_of_another(const std::set<std::string_view>& paths, std::string_view path) {
  const std::string folder = std::string(path) + "/";
  const auto next = paths.lower_bound(folder);
  return next != paths.end() && next->starts_with(folder);
}

Result<void> check_files(const Deployment& deployment, const DeploymentLimits& limits) {
  const std::string name = to_text(deployment.key);
  if (deployment.files.size() > limits.files)
    return fail(kBadDeployment, "{}: over {} files", name, limits.files);
  std::set<std::string_view> paths;
  std::uint64_t total = 0;
  for (const ContentFile& file : deployment.files) {
    if (!is_plain_path(file.path))
      return fail(kBadDeployment, "{}: the path '{}'", name, file.path.substr(0, 100));
    if (!is_sha256_hex(file.sha256))
      return fail(kBadDeployment, "{}: {}: no SHA-256", name, file.path);
    if ((file.mode & ~0777u) != 0)
      return fail(kBadDeployment, "{}: {}: mode {:o} has more than permissions", name, file.path,
                  file.mode);
    if (!paths.insert(file.path).second)
      return fail(kBadDeployment, "{}: {} stands twice", name, file.path);
    if (file.size_bytes > std::numeric_limits<std::int64_t>::max() - total)
      return fail(kBadDeployment, "{}: sizes beyond any disk", name);
    total += file.size_bytes;
  }
  for (std::string_view path : paths)
    if (is_folder_of_another(paths, path))
      return fail(kBadDeployment, "{}: {} is a file and a folder", name, path);
  return {};
}

}  // namespace

std::string to_text(const ExecutionKey& key) {
  return fmt::format("{} of {} {}", key.deployment, key.package, key.version);
}

bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > kLongestPath || has_nul(path)) return false;
  // A backslash or a colon means something else to another system's files.
  if (path.find('\\') != std::string_view::npos || path.find(':') != std::string_view::npos)
    return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    at = end + 1;
  }
  return true;
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<void> check_deployment(const Deployment& deployment, const DeploymentLimits& limits) {
  const ExecutionKey& key = deployment.key;
  if (!is_name(key.deployment) || !is_name(key.package) || !is_name(key.version))
    return fail(kBadDeployment, "an id, package or version that is empty or over-long");
  TRY(check_program(key, deployment.program, limits));
  TRY(check_files(deployment, limits));
  return {};
}

std::uint64_t content_size_bytes(const Deployment& deployment) {
  std::uint64_t total = 0;
  for (const ContentFile& file : deployment.files) total += file.size_bytes;
  return total;
}

ExecutionKey first_key(const std::string& whose, const std::string& package,
                       const std::string& version, const std::string& program) {
  return {fmt::format("{}/{}", whose, program), package, version};
}

bool runs_first(const ExecutionKey& key) { return key.deployment.find('/') != std::string::npos; }

std::string run_name(const ExecutionKey& key, std::uint32_t attempt) {
  ByteWriter bytes;
  bytes.sized(key.deployment);
  bytes.sized(key.package);
  bytes.sized(key.version);
  bytes.u32(attempt);
  return sha256_hex(bytes.view()).substr(0, 32);
}

}  // namespace muster::client
