// The log of a program as its configuration wants it: log.level, log.file, log.format.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/settings.h"

namespace muster::log {

// `values` are all settings of the configuration; those of others are left alone. The log goes to
// `standard_path` where log.file is not set. Errors: kBadSetting, kFileUnwritable.
Result<void> open_by_settings(std::string_view program, std::string_view standard_path,
                              SettingTable table,
                              std::span<const std::pair<std::string, std::string>> values);

}  // namespace muster::log
