#include "base/os/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>

namespace muster::os {

AppendFile open_append(const std::string& path) {
  AppendFile out;
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  out.fd = Fd(::open(path.c_str(), kFlags, 0640));
  struct stat info {};
  if (out.fd.valid() && ::fstat(out.fd.get(), &info) == 0)
    out.size_bytes = static_cast<std::uint64_t>(info.st_size);
  return out;
}

void append(const AppendFile& file, std::string_view text) {
  const int fd = file.fd.valid() ? file.fd.get() : STDERR_FILENO;
  [[maybe_unused]] const ssize_t ignored = ::write(fd, text.data(), text.size());
}

}  // namespace muster::os
