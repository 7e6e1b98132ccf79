// A line of a log file as it is read back: the JSON lines and the CMTrace form of base/log.h, and
// whatever else stands in such a file as text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/time.h"

namespace muster::contract {

struct LogLine {
  std::optional<Timestamp> time;  // nothing in a line of neither form
  log::Level level = log::Level::Info;
  std::string program;
  std::string event;
  std::string text;  // the whole line where it is of neither form
  std::vector<std::pair<std::string, std::string>> fields;
};

// Total: no line is refused. Times of CMTrace lines with a bias are brought to UTC.
LogLine parse_log_line(std::string_view line);

// The line in both forms again.
std::string json_log_line(const LogLine& line);
std::string cmtrace_log_line(const LogLine& line);

}  // namespace muster::contract
