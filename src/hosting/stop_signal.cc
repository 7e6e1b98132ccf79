#include "hosting/stop_signal.h"

#include <csignal>

#include "base/check.h"

namespace muster::hosting {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  MUSTER_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
}

void wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  MUSTER_CHECK(sigwait(&set, &signal) == 0);
}

}  // namespace muster::hosting
