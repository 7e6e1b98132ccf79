// muster-client: the agent of a managed machine.
//   muster-client --config FILE
//   muster-client [--state FOLDER | --config FILE] status|software|policy|trigger|cache ...
//   muster-client --config FILE assign CODE|AUTO
//   muster-client --inventory ROOT [FOLDERS]   (prints what it would report of the system below
//                                               ROOT, and of files below those folders of it)
//   muster-client --supervise FOLDER   (started by itself, for one program of a deployment)
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>

#include "base/log_settings.h"
#include "base/os/file.h"
#include "base/os/memory.h"
#include "base/os/system.h"
#include "base/settings_tables.h"
#include "hosting/stop_signal.h"
#include "roles/client/client.h"
#include "roles/client/status_command.h"
#include "roles/client/verbs.h"

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

muster::Result<void> assign(const char* file, const char* code) {
  const auto config =
      TRY(muster::contract::decode_client_config(TRY(muster::os::read_file(file)), file));
  return muster::client::ask_for_assignment(config, code);
}

int fail_with(const muster::Error& error) {
  std::fprintf(stderr, "muster-client: %s\n", error.text_with_advice().c_str());
  return 1;
}

int print_inventory(const char* root, std::string_view file_folders) {
  const auto report =
      muster::client::describe_inventory(root, file_folders, muster::os::SystemClock());
  if (!report) return fail_with(report.error());
  if (std::fwrite(report->data(), 1, report->size(), stdout) == report->size()) return 0;
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc >= 3 ? argv[1] : "";
  const bool assigns = argc == 5 && std::string_view(argv[3]) == "assign";
  if (word == "--supervise")
    return muster::client::supervise_program(argv[2], muster::os::SystemClock());
  if (word == "--inventory" && argc <= 4)
    return print_inventory(argv[2], argc == 4 ? argv[3] : "");
  if (word != "--config" || (argc != 3 && !assigns))
    return muster::client::run_verb({argv + 1, argv + argc});
  if (assigns) {
    const auto asked = assign(argv[2], argv[4]);
    return asked ? 0 : fail_with(asked.error());
  }
  muster::os::prefer_small_memory();
  muster::hosting::block_stop_signals();
  const auto done = run(argv[2]);
  return done ? 0 : fail_with(done.error());
}
