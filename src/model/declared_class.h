// A class of the inventory that an operator declares: its columns, and how a client makes its rows
// from files or from what a command says. The object InventoryClass.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/schema.h"
#include "model/version.h"

namespace muster::model {

inline constexpr std::size_t kMostCollectedPaths = 32;
inline constexpr Duration kDefaultCommandTime = std::chrono::minutes(1);
inline constexpr Duration kLeastCommandTime = std::chrono::seconds(1);
inline constexpr Duration kMostCommandTime = std::chrono::minutes(10);
inline constexpr std::uint64_t kDefaultOutputBytes = 1u << 20;
inline constexpr std::uint64_t kMostOutputBytes = 4u << 20;

struct FileCollector {
  std::vector<std::string> paths{};  // patterns
  friend bool operator==(const FileCollector&, const FileCollector&) = default;
};

// What stands here is executed on clients: an operator has signed it, or the machine's own
// administrator has written it down.
struct CommandCollector {
  std::vector<std::string> argv{};  // the first is an absolute path; no shell reads them
  std::string account{};            // that it runs as; empty for the agent's own
  Duration max_runtime = kDefaultCommandTime;
  std::uint64_t output_bytes = kDefaultOutputBytes;  // with more it counts as failed
  std::vector<int> success_codes{0};
  friend bool operator==(const CommandCollector&, const CommandCollector&) = default;
};

// How text becomes rows.
struct LineForm {
  std::string pattern{};  // of TextPattern; its fields are what columns come from
  std::string comment{};  // lines that begin with it are passed over; empty: none are
  friend bool operator==(const LineForm&, const LineForm&) = default;
};
struct DelimitedForm {
  char separator = ',';  // ' ' for runs of blanks
  bool header = false;   // the first line names the fields; else they are "1", "2"...
  bool quotes = true;    // "..." holds separators, and "" is a quotation mark in it
  std::string comment{};
  friend bool operator==(const DelimitedForm&, const DelimitedForm&) = default;
};
// Key = value below [section]; ';' and '#' begin comments.
struct IniForm {
  bool row_per_section = false;  // else one row per file, whose fields are "section.key"
  friend bool operator==(const IniForm&, const IniForm&) = default;
};
struct JsonForm {
  std::string rows{};  // "a.b": where the array of rows is; empty: the whole document
  friend bool operator==(const JsonForm&, const JsonForm&) = default;
};
using TextForm = std::variant<LineForm, DelimitedForm, IniForm, JsonForm>;

// Fields that every form has.
inline constexpr std::string_view kFileField = "$file";        // the path that was read
inline constexpr std::string_view kSectionField = "$section";  // of IniForm with a row per section

// Where a column's values come from.
struct ColumnSource {
  std::string from{};                            // a field
  VersionScheme scheme = VersionScheme::Dotted;  // of a Version
  friend bool operator==(const ColumnSource&, const ColumnSource&) = default;
};

struct DeclaredClass {
  std::string name{};  // of the object
  ClassDefinition definition{};
  std::vector<ColumnSource> sources{};  // one per column
  std::optional<Duration> interval{};   // else that of the whole inventory
  std::variant<FileCollector, CommandCollector> collector{};
  TextForm form{};
  friend bool operator==(const DeclaredClass&, const DeclaredClass&) = default;
};

// Errors: kBadClass, kBadPath, kBadCommandLine, naming what is wrong.
Result<void> check_declared_class(const DeclaredClass& declared);

}  // namespace muster::model
