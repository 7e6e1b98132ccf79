#include "base/settings.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/errors.h"
#include "base/nearest.h"
#include "base/size.h"
#include "base/utf8.h"

namespace muster {
namespace {

constexpr std::size_t kLongestText = 4096;

std::string_view type_name(SettingType type) {
  constexpr std::string_view kNames[] = {"text", "integer", "duration", "size", "boolean", "path"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_choice(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const std::string_view each = choices.substr(0, choices.find(' '));
    if (each == word) return true;
    choices.remove_prefix(std::min(choices.size(), each.size() + 1));
  }
  return false;
}

Result<std::string> parse_text(const Setting& setting, std::string_view text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control || !is_utf8(text) || text.size() > kLongestText)
    return fail(kBadSetting, "{}: not one line of UTF-8 of at most {} bytes", setting.name,
                kLongestText);
  if (!setting.choices.empty() && !is_choice(setting.choices, text))
    return fail(kBadSetting, "{}: '{}' is none of: {}", setting.name, text.substr(0, 60),
                setting.choices);
  if (setting.type == SettingType::Path && !text.empty() && !text.starts_with('/'))
    return fail(kBadSetting, "{}: '{}' does not start with '/'", setting.name, text.substr(0, 60));
  return std::string(text);
}

std::string bounds_text(const Setting& setting) {
  if (!setting.choices.empty()) {
    std::string out;
    for (char c : setting.choices) out += c == ' ' ? std::string(", ") : std::string(1, c);
    return out;
  }
  if (setting.least.empty() && setting.most.empty()) return "";
  if (setting.most.empty()) return fmt::format("from {}", setting.least);
  if (setting.least.empty()) return fmt::format("up to {}", setting.most);
  return fmt::format("{} to {}", setting.least, setting.most);
}

}  // namespace

Result<Settings::Value> Settings::parse_unbounded(const Setting& setting, std::string_view text) {
  const auto bad = [&] {
    return fail(kBadSetting, "{}: '{}' is not of type {}", setting.name, text.substr(0, 60),
                type_name(setting.type));
  };
  switch (setting.type) {
    case SettingType::Text:
    case SettingType::Path:
      return Value(TRY(parse_text(setting, text)));
    case SettingType::Integer: {
      std::int64_t value = 0;
      const char* const end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data(), end, value);
      if (error != std::errc() || stop != end) return bad();
      return Value(value);
    }
    case SettingType::Duration: {
      const auto value = parse_duration(text);
      if (!value) return bad();
      return Value(*value);
    }
    case SettingType::Size: {
      const auto value = parse_size(text);
      if (!value) return bad();
      return Value(*value);
    }
    case SettingType::Boolean:
      break;
  }
  if (text != "true" && text != "false") return bad();
  return Value(text == "true");
}

Result<Settings::Value> Settings::parse(const Setting& setting, std::string_view text) {
  Value value = TRY(parse_unbounded(setting, text));
  const auto bound = [&](std::string_view limit) {
    auto parsed = parse_unbounded(setting, limit);
    MUSTER_CHECK(parsed.has_value());
    return *std::move(parsed);
  };
  const bool low = !setting.least.empty() && value < bound(setting.least);
  const bool high = !setting.most.empty() && bound(setting.most) < value;
  if (low || high)
    return fail(kBadSetting, "{}: '{}' is out of bounds: {}", setting.name, text.substr(0, 60),
                bounds_text(setting));
  return value;
}

Settings::Settings(std::initializer_list<SettingTable> tables) {
  for (SettingTable table : tables) {
    for (const Setting& setting : table) {
      auto value = parse(setting, setting.standard);
      MUSTER_CHECK(value.has_value());
      entries_.push_back({&setting, *std::move(value), false});
    }
  }
  const auto name = [](const Entry& entry) { return entry.setting->name; };
  std::ranges::sort(entries_, {}, name);
  MUSTER_CHECK(std::ranges::adjacent_find(entries_, {}, name) == entries_.end());
}

const Settings::Entry* Settings::find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(entries_, name, {},
                                           [](const Entry& entry) { return entry.setting->name; });
  return at != entries_.end() && at->setting->name == name ? &*at : nullptr;
}

Result<void> Settings::set(std::string_view name, std::string_view text) {
  const Entry* const found = find(name);
  if (found == nullptr) {
    std::vector<std::string_view> names;
    for (const Entry& entry : entries_) names.push_back(entry.setting->name);
    const std::string_view near = nearest(name, names);
    if (near.empty()) return fail(kUnknownSetting, "'{}'", name.substr(0, 60));
    return fail(kUnknownSetting, "'{}'; did you mean '{}'?", name.substr(0, 60), near);
  }
  Entry& entry = entries_[static_cast<std::size_t>(found - entries_.data())];
  entry.value = TRY(parse(*entry.setting, text));
  entry.set = true;
  return {};
}

bool Settings::is_set(std::string_view name) const {
  const Entry* const entry = find(name);
  MUSTER_CHECK(entry != nullptr);
  return entry->set;
}

const Settings::Value& Settings::value_of(std::string_view name, SettingType type) const {
  const Entry* const entry = find(name);
  MUSTER_CHECK(entry != nullptr && entry->setting->type == type);
  return entry->value;
}

const std::string& Settings::text(std::string_view name) const {
  return std::get<std::string>(value_of(name, SettingType::Text));
}
const std::string& Settings::path(std::string_view name) const {
  return std::get<std::string>(value_of(name, SettingType::Path));
}
std::int64_t Settings::integer(std::string_view name) const {
  return std::get<std::int64_t>(value_of(name, SettingType::Integer));
}
Duration Settings::duration(std::string_view name) const {
  return std::get<Duration>(value_of(name, SettingType::Duration));
}
std::uint64_t Settings::size_bytes(std::string_view name) const {
  return std::get<std::uint64_t>(value_of(name, SettingType::Size));
}
bool Settings::boolean(std::string_view name) const {
  return std::get<bool>(value_of(name, SettingType::Boolean));
}

std::string settings_markdown(std::string_view heading, SettingTable table) {
  std::string out = fmt::format(
      "## {}\n\n| name | type | default | bounds | what it is |\n|---|---|---|---|---|\n", heading);
  for (const Setting& setting : table) {
    const std::string unit = setting.unit.empty() ? "" : fmt::format(" {}", setting.unit);
    out +=
        fmt::format("| `{}` | {} | {} | {} | {} |\n", setting.name, type_name(setting.type),
                    setting.standard.empty() ? "none" : fmt::format("{}{}", setting.standard, unit),
                    bounds_text(setting), setting.sentence);
  }
  return out;
}

}  // namespace muster
