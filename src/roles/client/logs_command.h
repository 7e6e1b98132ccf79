// `muster-client logs`: the client's own log, also while the client is stopped.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "contract/log_line.h"

namespace muster::client {

struct LogsRequest {
  std::filesystem::path file;
  std::string component{};  // the first part of the event: "policy", "software"; empty: all
  log::Level level = log::Level::Debug;
  std::string form = "text";  // text, json, cmtrace
  bool follow = false;
};

// The words behind `logs`; nothing where they are not understood.
std::optional<LogsRequest> read_logs_words(const std::filesystem::path& state,
                                           std::vector<std::string> words);

bool takes(const LogsRequest& request, const contract::LogLine& line);

// To the standard output, until it is closed where it follows. Error: kNoLog.
Result<void> show_logs(const LogsRequest& request);

}  // namespace muster::client
