#include "base/os/system.h"

#include <sys/random.h>
#include <time.h>

#include "base/check.h"

namespace muster::os {

Timestamp SystemClock::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<Duration>(since).count()};
}

Duration SystemClock::steady() const {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

Duration local_offset(Timestamp moment) {
  ::tzset();  // looks whether the zone is still that of the last call
  const time_t seconds = moment.ms >= 0 ? moment.ms / 1000 : -((999 - moment.ms) / 1000);
  tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return Duration(0);
  return std::chrono::seconds(parts.tm_gmtoff);
}

void SystemRandom::fill(char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = getrandom(out, size, 0);
    MUSTER_CHECK(got > 0 || errno == EINTR);
    if (got > 0) {
      out += got;
      size -= static_cast<std::size_t>(got);
    }
  }
}

}  // namespace muster::os
