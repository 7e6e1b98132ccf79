// Settings put into the text of a site system's configuration file, as an editor would do it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace muster::contract {

// The text with these settings in the place of those of the same names; all other lines, comments
// included, stay as they are. Nothing when that cannot be done line by line, such as for settings
// in braces: what comes out is read again, and says what it said with these settings besides.
// Error: those of decode_site_config() for `yaml`.
Result<std::optional<Bytes>> with_settings(
    ByteView yaml, std::string_view file,
    const std::vector<std::pair<std::string, std::string>>& settings);

// The lines, as they stand under `settings:`.
std::string settings_lines(const std::vector<std::pair<std::string, std::string>>& settings,
                           std::string_view indent);

}  // namespace muster::contract
