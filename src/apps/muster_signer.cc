// muster-signer: the process that holds the site's keys.
//   muster-signer --state FOLDER [--create SITE]
#include <cstdio>
#include <cstring>
#include <string>

#include "base/log.h"
#include "base/os/system.h"
#include "hosting/stop_signal.h"
#include "roles/signer/signer_service.h"

int main(int argc, char** argv) {
  std::string state, create;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--state") == 0) state = argv[i + 1];
    if (std::strcmp(argv[i], "--create") == 0) create = argv[i + 1];
  }
  if (state.empty()) {
    std::fprintf(stderr, "usage: muster-signer --state FOLDER [--create SITE]\n");
    return 2;
  }
  muster::hosting::block_stop_signals();
  const muster::os::SystemClock clock;
  muster::os::SystemRandom random;
  auto done = create.empty() ? muster::log::open("muster-signer", state + "/signer.log",
                                                 muster::log::Level::Info)
                             : muster::signer::create_keys(state, create, clock, random);
  if (done && create.empty()) done = muster::signer::serve(state, clock, random);
  if (done) return 0;
  std::fprintf(stderr, "muster-signer: %s\n", done.error().text_with_advice().c_str());
  return 1;
}
