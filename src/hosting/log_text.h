// A log line as people read it on a terminal.
#pragma once

#include <string>

#include "contract/log_line.h"

namespace muster::hosting {

// Nothing in it can move the cursor or change colours.
std::string log_text(const contract::LogLine& line);

}  // namespace muster::hosting
