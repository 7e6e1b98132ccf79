// muster: the console on the command line.
#include "base/log.h"
#include "base/os/system.h"
#include "roles/console/console.h"

int main(int argc, char** argv) {
  static_cast<void>(muster::log::open("muster", "", muster::log::Level::Warning));
  const muster::os::SystemClock clock;
  muster::os::SystemRandom random;
  return muster::console::run(argc, argv, clock, random);
}
