// muster-client: the agent of a managed machine.
//   muster-client --config FILE
//   muster-client --inventory ROOT     (prints what it would report of the system below ROOT)
//   muster-client --supervise FOLDER   (started by itself, for one program of a deployment)
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>

#include "base/log.h"
#include "base/os/file.h"
#include "base/os/memory.h"
#include "base/os/system.h"
#include "hosting/stop_signal.h"
#include "roles/client/client.h"

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

int print_inventory(const char* root) {
  const auto report = muster::client::describe_inventory(root, muster::os::SystemClock());
  if (report)
    return std::fwrite(report->data(), 1, report->size(), stdout) == report->size() ? 0 : 1;
  std::fprintf(stderr, "muster-client: %s\n", report.error().text_with_advice().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc == 3 ? argv[1] : "";
  if (word == "--supervise")
    return muster::client::supervise_program(argv[2], muster::os::SystemClock());
  if (word == "--inventory") return print_inventory(argv[2]);
  if (word != "--config") {
    std::fprintf(stderr, "usage: muster-client --config FILE | --inventory ROOT\n");
    return 2;
  }
  muster::os::prefer_small_memory();
  muster::hosting::block_stop_signals();
  const auto done = run(argv[2]);
  if (done) return 0;
  std::fprintf(stderr, "muster-client: %s\n", done.error().text_with_advice().c_str());
  return 1;
}
