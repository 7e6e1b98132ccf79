// A command line as text becomes the argument vector that is executed; no shell has a part in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::model {

inline constexpr std::size_t kMostArguments = 256;
inline constexpr std::size_t kMostArgumentBytes = 32'768;

// Words as POSIX divides them (Shell Command Language, 2.2 and 2.3): blanks, '...', "..." and '\'.
// What only a shell would act on (variables, patterns, pipes, redirections, substitutions,
// comments, assignments before the command) is an error unless it is quoted, never literal text:
// the author expected something from it. Error: kBadCommandLine, with the position from 1.
Result<std::vector<std::string>> split_command_line(std::string_view text);

// At least a program, at most kMostArguments and kMostArgumentBytes, UTF-8 without NUL.
// Error: kBadCommandLine.
Result<void> check_arguments(const std::vector<std::string>& arguments);

}  // namespace muster::model
