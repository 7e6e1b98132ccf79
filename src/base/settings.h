// Settings as data: each is declared once with its type, default, bounds and documentation, and
// everything that reads, checks or documents it derives from that line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster {

enum class SettingType { Text, Integer, Duration, Size, Boolean, Path };

// Bounds are inclusive and written like a value; empty where there is none. A Text with `choices`
// ("debug info warning") takes only one of these words.
struct Setting {
  std::string_view name;
  SettingType type;
  std::string_view standard;  // the default, as text
  std::string_view unit;      // of an Integer: "connections"; empty where the type says it
  std::string_view least;
  std::string_view most;
  std::string_view choices;
  std::string_view sentence;
};

using SettingTable = std::span<const Setting>;

// The values of one program's settings. Reading an undeclared name, or as another type than it was
// declared with, is a broken invariant of the caller (MUSTER_CHECK).
class Settings {
 public:
  // Every setting starts at its default; the tables must outlive the object.
  Settings(std::initializer_list<SettingTable> tables);

  // A value from outside. Errors: kUnknownSetting with the nearest name, kBadSetting.
  Result<void> set(std::string_view name, std::string_view text);
  bool is_set(std::string_view name) const;

  const std::string& text(std::string_view name) const;
  const std::string& path(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  Duration duration(std::string_view name) const;
  std::uint64_t size_bytes(std::string_view name) const;
  bool boolean(std::string_view name) const;

 private:
  using Value = std::variant<std::string, std::int64_t, std::uint64_t, Duration, bool>;
  struct Entry {
    const Setting* setting;
    Value value;
    bool set;
  };
  static Result<Value> parse(const Setting& setting, std::string_view text);
  static Result<Value> parse_unbounded(const Setting& setting, std::string_view text);
  const Entry* find(std::string_view name) const;
  const Value& value_of(std::string_view name, SettingType type) const;

  std::vector<Entry> entries_;  // sorted by name
};

// One table as a section of docs/settings.md.
std::string settings_markdown(std::string_view heading, SettingTable table);

}  // namespace muster
