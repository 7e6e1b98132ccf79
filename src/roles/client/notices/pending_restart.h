// That programs asked for a restart of this machine: kept over restarts of the client, forgotten
// when the machine really did restart.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::client {

struct PendingRestart {
  std::string boot;  // the boot in which it was asked for
  Timestamp since{};
  std::set<std::string> causes{};  // ids of deployments
  friend bool operator==(const PendingRestart&, const PendingRestart&) = default;
};

// Errors: kShortInput, kBadEncoding.
Bytes encode_pending_restart(const PendingRestart& pending);
Result<PendingRestart> decode_pending_restart(ByteView bytes);

class RestartKeeper {
 public:
  // Of another boot than this one nothing is kept. A file that cannot be read is no reason not to
  // manage the machine: it is left out and said. `boot` may be empty where a system has none; then
  // the state ends when the programs' own results do.
  static Result<RestartKeeper> open(std::filesystem::path file, std::string boot);

  const std::optional<PendingRestart>& pending() const { return pending_; }
  // Durable before it returns.
  Result<void> ask(const std::string& deployment, Timestamp at);
  // The clock was set back behind the moment at which it was asked for.
  void mend_clock(Timestamp now);

 private:
  RestartKeeper(std::filesystem::path file, std::string boot)
      : file_(std::move(file)), boot_(std::move(boot)) {}
  std::filesystem::path file_;
  std::string boot_;
  std::optional<PendingRestart> pending_;
};

}  // namespace muster::client
