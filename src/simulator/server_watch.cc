#include "simulator/server_watch.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>

namespace muster::simulator {
namespace fs = std::filesystem;
namespace {

// Files of /proc have no size, and one may be gone before it is read: then it is empty.
std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

// "VmRSS:	    1234 kB".
std::uint64_t kilobytes(const std::string& text, std::string_view name) {
  const auto at = text.find(std::string(name) + ":");
  if (at == std::string::npos) return 0;
  const auto digits = text.find_first_of("0123456789", at);
  std::uint64_t value = 0;
  if (digits != std::string::npos)
    std::from_chars(text.data() + digits, text.data() + text.size(), value);
  return value * 1024;
}

// proc(5): utime and stime are fields 14 and 15; the second is in brackets and may hold spaces.
double cpu_of(const std::string& stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

bool is_number(const std::string& name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

ServerWatch::ServerWatch(std::vector<std::string> words, fs::path database, fs::path proc)
    : words_(std::move(words)), database_(std::move(database)), proc_(std::move(proc)) {}

std::map<std::string, ServerWatch::Process> ServerWatch::look() const {
  std::map<std::string, Process> out;
  if (words_.empty()) return out;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(proc_, ignored)) {
    const std::string id = entry.path().filename().string();
    if (!is_number(id) || id == std::to_string(::getpid())) continue;
    const std::string command = text_of(entry.path() / "cmdline");
    const bool wanted = std::ranges::any_of(
        words_, [&](const std::string& word) { return command.find(word) != std::string::npos; });
    if (!wanted) continue;
    const std::string status = text_of(entry.path() / "status");
    out[id] = {cpu_of(text_of(entry.path() / "stat")), kilobytes(status, "VmRSS"),
               kilobytes(status, "VmHWM")};
  }
  return out;
}

std::uint64_t ServerWatch::database_bytes() const {
  std::error_code error;
  if (database_.empty()) return 0;
  if (fs::is_regular_file(database_, error)) return fs::file_size(database_, error);
  std::uint64_t out = 0;
  for (const auto& entry : fs::recursive_directory_iterator(database_, error)) {
    std::error_code gone;  // a log of the database that was folded in meanwhile
    const std::uint64_t size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) out += size;
  }
  return out;
}

void ServerWatch::begin() { before_ = look(); }

ServerUse ServerWatch::end() const {
  ServerUse out;
  for (const auto& [id, process] : look()) {
    const auto before = before_.find(id);
    out.cpu_s += process.cpu_s - (before == before_.end() ? 0 : before->second.cpu_s);
    out.resident_bytes += process.resident_bytes;
    out.peak_bytes += process.peak_bytes;
  }
  out.database_bytes = database_bytes();
  return out;
}

void describe_machine(contract::SimulationResult& result) {
  std::istringstream lines(text_of("/proc/cpuinfo"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("model name") && line.find(": ") != std::string::npos) {
      result.processor = line.substr(line.find(": ") + 2);
      break;
    }
  result.cores = static_cast<unsigned>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
  result.memory_bytes = kilobytes(text_of("/proc/meminfo"), "MemTotal");
  utsname name{};
  if (::uname(&name) == 0) result.system = fmt::format("{} {}", name.sysname, name.release);
}

double own_cpu_s() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

}  // namespace muster::simulator
