// Reading the system's text files: lines, fields, numbers, NAME=value files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::client {

std::string_view trimmed(std::string_view text);
std::string_view first_line(std::string_view text);
// Takes the next line, without its newline, off `rest`; false at the end.
bool next_line(std::string_view& rest, std::string_view& line);
// Parts between runs of blanks and tabs.
std::vector<std::string_view> fields(std::string_view line);

// The whole text as a number of the base, of at most 63 bits.
std::optional<std::int64_t> to_number(std::string_view text, int base = 10);

// os-release(5), locale.conf(5): comments and lines of another form are skipped, quotes removed.
std::map<std::string, std::string, std::less<>> parse_assignments(std::string_view text);

}  // namespace muster::client
