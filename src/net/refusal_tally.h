// How often a server refused each user, to be said at most once a minute per user: any account of
// the machine may knock as often as it likes.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>

#include "base/time.h"

namespace muster::net {

class RefusalTally {
 public:
  // Of a refusal now: how many there were since it was said last, if it is to be said.
  std::optional<std::uint64_t> count(uid_t uid, Duration now);

 private:
  struct Entry {
    Duration said{0};
    std::uint64_t unsaid = 0;
  };
  std::map<uid_t, Entry> entries_;
};

}  // namespace muster::net
