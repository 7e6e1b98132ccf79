// `muster trace`: log files followed and merged by time, in CMTrace's colours, with errors
// explained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contract/log_line.h"
#include "roles/console/commands.h"

namespace muster::console {

struct TraceRequest {
  std::vector<std::string> sources;  // files, roles of this host, or the number of an error
  std::string since;                 // a time, or a duration back from now
  std::string filter;                // text that the line must have, whatever the case
  std::string level = "debug";       // the least
  std::string form = "text";         // text, cmtrace, json
  std::string color = "auto";        // auto, always, never
  bool no_follow = false;
};

Result<void> trace(const Session& session, const TraceRequest& request);

// The log file of a role or program of this host: "client", "signer", and the roles of musterd.
Result<std::string> log_of_role(const Session& session, const std::string& role);

// In order of time, lines of one file in their order; a line without time goes with the one
// before it.
std::vector<contract::LogLine> merged_by_time(std::vector<std::vector<contract::LogLine>> files);

// One line for a terminal: nothing in it can move the cursor or change colours but ours.
std::string trace_text(const contract::LogLine& line, bool color);

}  // namespace muster::console
