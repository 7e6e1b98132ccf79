// muster-client: the agent of a managed machine.
//   muster-client --config FILE
//   muster-client [--state FOLDER] status|software|policy|trigger|cache ...
//   muster-client --supervise FOLDER   (started by itself, for one program of a deployment)
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>

#include "base/log.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "hosting/stop_signal.h"
#include "roles/client/client.h"
#include "roles/client/verbs.h"

namespace {

muster::Result<void> run(const char* file) {
  const auto text = TRY(muster::os::read_file(file));
  const auto config = TRY(muster::contract::decode_client_config(text, file));
  TRY(muster::os::make_private_folder(config.state));
  TRY(muster::log::open("muster-client", config.state + "/client.log", muster::log::Level::Info));
  const muster::os::SystemClock clock;
  muster::os::SystemRandom random;
  std::atomic<bool> stop = false;
  std::thread waiter([&] {
    muster::hosting::wait_for_stop_signal();
    stop = true;
  });
  const auto done = muster::client::run_client(config, clock, random, stop);
  if (!done) ::kill(::getpid(), SIGTERM);  // ends the waiter
  waiter.join();
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc == 3 ? argv[1] : "";
  if (word == "--supervise")
    return muster::client::supervise_program(argv[2], muster::os::SystemClock());
  if (word != "--config") return muster::client::run_verb({argv + 1, argv + argc});
  muster::hosting::block_stop_signals();
  const auto done = run(argv[2]);
  if (done) return 0;
  std::fprintf(stderr, "muster-client: %s\n", done.error().text_with_advice().c_str());
  return 1;
}
