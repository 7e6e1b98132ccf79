// muster-simulate: plays a fleet of virtual clients against a site.
//   muster-simulate --help
#include <cstdio>

#include "base/log.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "simulator/options.h"
#include "simulator/simulation.h"

namespace {

muster::Result<int> run(const std::vector<std::string>& words) {
  const auto options = TRY(muster::simulator::parse_options(words));
  if (options.help) {
    std::fputs(muster::simulator::kUsage, stdout);
    return 0;
  }
  TRY(muster::os::make_private_folder(options.state));
  TRY(muster::log::open("muster-simulate", options.state + "/simulate.log",
                        muster::log::Level::Info));
  const muster::os::SystemClock clock;
  muster::os::SystemRandom random;
  TRY(muster::simulator::simulate(options, clock, random));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto done = run({argv + 1, argv + argc});
  if (done) return *done;
  std::fprintf(stderr, "muster-simulate: %s\n", done.error().text_with_advice().c_str());
  return 1;
}
