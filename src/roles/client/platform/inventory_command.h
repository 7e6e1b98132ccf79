// Runs the commands of declared inventory classes: one at a time, within time and output limits,
// and only programs that nobody but root can have put there.
#pragma once

#include <filesystem>
#include <functional>

#include "base/time.h"
#include "roles/client/inventory/declared_classes.h"

namespace muster::client {

// The program itself, all links followed. Every folder and link on the way and the program belong
// to root or to this process's user, and no other user can write them. Errors: kFactMissing,
// kCommandUntrusted.
Result<std::filesystem::path> trusted_program(const std::filesystem::path& path);

class InventoryCommand final : public CommandRunner {
 public:
  // `meanwhile` is called a few times a second while a command runs; it returns false when the
  // command shall not go on.
  InventoryCommand(const Clock& clock, std::function<bool()> meanwhile)
      : clock_(clock), meanwhile_(std::move(meanwhile)) {}

  Result<Bytes> run(const model::CommandCollector& command) override;

 private:
  const Clock& clock_;
  std::function<bool()> meanwhile_;
};

}  // namespace muster::client
