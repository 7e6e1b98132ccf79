#include "roles/client/platform/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/os/fd.h"
#include "model/agent_settings.h"
#include "roles/client/software/errors.h"

namespace muster::client {

Result<std::string> read_secret(const std::filesystem::path& folder, const std::string& name) {
  const auto path = folder / name;
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0)
    return fail(kSecretUnreadable, "{}: {}", path.string(), std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return fail(kSecretUnreadable, "{} is no plain file", path.string());
  if ((status.st_uid != 0 && status.st_uid != ::geteuid()) || (status.st_mode & 077) != 0)
    return fail(kSecretUnreadable, "{} is of uid {} with mode {:o}", path.string(), status.st_uid,
                status.st_mode & 07777);
  std::string value(model::kLongestVariable + 2, '\0');
  std::size_t size = 0;
  while (size < value.size()) {
    const ssize_t got = ::read(file.get(), value.data() + size, value.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(kSecretUnreadable, "{}: {}", path.string(), std::strerror(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  value.resize(size);
  if (!value.empty() && value.back() == '\n') value.pop_back();
  if (value.size() > model::kLongestVariable || value.find('\0') != std::string::npos)
    return fail(kSecretUnreadable, "{} is longer than {} bytes, or holds a zero byte",
                path.string(), model::kLongestVariable);
  return value;
}

}  // namespace muster::client
