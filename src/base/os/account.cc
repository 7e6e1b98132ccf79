#include "base/os/account.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/errors.h"

namespace muster::os {

Result<Account> find_account(const std::string& name) {
  const passwd* found = ::getpwnam(name.c_str());
  if (found == nullptr) return fail(kNoAccount, "{} is not known on this machine", name);
  return Account{found->pw_uid, found->pw_gid};
}

Result<Account> owner_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0)
    return fail(kFileUnreadable, "{}: {}", path.string(), std::strerror(errno));
  return Account{info.st_uid, info.st_gid};
}

Result<ActingAs> ActingAs::account(const Account& account) {
  const Account before{::geteuid(), ::getegid()};
  // The group first: afterwards this program may not.
  if (::setegid(account.gid) != 0 || ::seteuid(account.uid) != 0) {
    const int error = errno;
    MUSTER_CHECK(::setegid(before.gid) == 0);
    return fail(kNoAccount, "uid {}: {}", account.uid, std::strerror(error));
  }
  return ActingAs(before);
}

ActingAs::~ActingAs() {
  if (!acts_) return;
  MUSTER_CHECK(::seteuid(before_.uid) == 0);
  MUSTER_CHECK(::setegid(before_.gid) == 0);
}

}  // namespace muster::os
