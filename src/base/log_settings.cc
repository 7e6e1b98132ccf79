#include "base/log_settings.h"

#include "base/log.h"

namespace muster::log {

Result<void> open_by_settings(std::string_view program, std::string_view standard_path,
                              SettingTable table,
                              std::span<const std::pair<std::string, std::string>> values) {
  Settings settings{table};
  for (const auto& [name, text] : values)
    if (name.starts_with("log.")) TRY(settings.set(name, text));
  const std::string& file = settings.path("log.file");
  const Form form = settings.text("log.format") == "cmtrace" ? Form::CmTrace : Form::Json;
  return open(program, file.empty() ? standard_path : std::string_view(file),
              parse_level(settings.text("log.level")).value_or(Level::Info), form);
}

}  // namespace muster::log
