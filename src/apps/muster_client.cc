// muster-client: the agent of a managed machine.
//   muster-client --config FILE
//   muster-client --supervise FOLDER   (started by itself, for one program of a deployment)
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>

#include "base/log_settings.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "base/settings_tables.h"
#include "hosting/stop_signal.h"
#include "roles/client/client.h"

namespace {

muster::Result<void> run(const char* file) {
  const auto text = TRY(muster::os::read_file(file));
  const auto config = TRY(muster::contract::decode_client_config(text, file));
  TRY(muster::os::make_private_folder(config.state));
  TRY(muster::log::open_by_settings("muster-client", config.state + "/client.log",
                                    muster::client_settings(), config.settings));
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
  if (word != "--config") {
    std::fprintf(stderr, "usage: muster-client --config FILE\n");
    return 2;
  }
  muster::hosting::block_stop_signals();
  const auto done = run(argv[2]);
  if (done) return 0;
  std::fprintf(stderr, "muster-client: %s\n", done.error().text_with_advice().c_str());
  return 1;
}
