// Accounts of the system, and work that root does in the name of one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include "base/result.h"

namespace muster::os {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};

// Error: kNoAccount.
Result<Account> find_account(const std::string& name);
// Who owns the file or folder. Error: kFileUnreadable.
Result<Account> owner_of(const std::filesystem::path& path);

// While it lives, this program opens and makes files as the account does: what root writes into a
// folder of somebody else could be led elsewhere by a link, and would be root's. For programs with
// one thread, as root; to the account that it is already there is nothing to do.
class ActingAs {
 public:
  // Error: kNoAccount, when this program may not.
  static Result<ActingAs> account(const Account& account);
  ~ActingAs();
  ActingAs(ActingAs&& other) noexcept : before_(other.before_), acts_(other.acts_) {
    other.acts_ = false;
  }
  ActingAs& operator=(ActingAs&&) = delete;

 private:
  explicit ActingAs(const Account& before) : before_(before) {}
  Account before_;
  bool acts_ = true;
};

}  // namespace muster::os
