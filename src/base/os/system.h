// The operating system's clock and random numbers.
#pragma once

#include "base/random.h"
#include "base/time.h"

namespace muster::os {

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
  Duration steady() const override;
};

// How far this machine's local time is ahead of UTC at a moment. Follows a change of the zone.
Duration local_offset(Timestamp moment);

// getrandom(2).
class SystemRandom final : public Random {
 public:
  void fill(char* out, std::size_t size) override;
};

}  // namespace muster::os
