#include "base/os/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

#include "base/os/file.h"

namespace muster::os {
namespace {

// The fields of /proc/self/stat behind the name, which may hold anything: the first one is field 3
// of proc(5).
std::vector<std::uint64_t> stat_fields() {
  std::vector<std::uint64_t> out;
  const auto text = read_file("/proc/self/stat").value_or("");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return out;
  const char* at = text.data() + name_end + 1;
  const char* const end = text.data() + text.size();
  while (at < end) {
    while (at < end && *at == ' ') ++at;
    std::uint64_t value = 0;
    std::from_chars(at, end, value);  // a letter or a negative number is 0
    out.push_back(value);
    while (at < end && *at != ' ') ++at;
  }
  return out;
}

std::int64_t booted_s() {
  const auto text = read_file("/proc/stat").value_or("");
  const auto at = text.find("\nbtime ");
  std::int64_t out = 0;
  if (at != std::string::npos)
    std::from_chars(text.data() + at + 7, text.data() + text.size(), out);
  return out;
}

std::uint64_t entries_of(const char* folder) {
  std::error_code error;
  std::uint64_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    count += entry.path().empty() ? 0 : 1;
  return count;
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

ProcessUse process_use() {
  constexpr std::size_t kStarted = 22 - 3;  // in ticks since the machine's start
  constexpr std::size_t kResident = 24 - 3;
  ProcessUse out;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    out.cpu_us = microseconds(used.ru_utime) + microseconds(used.ru_stime);
  const auto fields = stat_fields();
  if (fields.size() > kResident) {
    out.resident_bytes = fields[kResident] * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    out.started_s =
        booted_s() + static_cast<std::int64_t>(fields[kStarted]) / ::sysconf(_SC_CLK_TCK);
  }
  out.open_files = entries_of("/proc/self/fd");
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) out.open_files_limit = files.rlim_cur;
  return out;
}

}  // namespace muster::os
