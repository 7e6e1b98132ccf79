#include "model/declared_class.h"

#include <algorithm>

#include "base/utf8.h"
#include "model/command_line.h"
#include "model/errors.h"
#include "model/inventory_intervals.h"
#include "model/path_pattern.h"
#include "model/text_pattern.h"

namespace muster::model {
namespace {

constexpr std::size_t kLongestField = 200;
constexpr std::size_t kLongestComment = 8;
constexpr std::size_t kLongestAccount = 32;
constexpr std::size_t kMostSuccessCodes = 64;

bool is_plain(std::string_view text, std::size_t longest) {
  return text.size() <= longest && is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
         });
}

Result<void> check_files(const FileCollector& files) {
  if (files.paths.empty()) return fail(kBadClass, "files.paths is empty");
  if (files.paths.size() > kMostCollectedPaths)
    return fail(kBadClass, "files.paths has over {} paths", kMostCollectedPaths);
  for (const std::string& path : files.paths) TRY(check_path_pattern(path));
  return {};
}

bool is_account(std::string_view name) {
  return name.size() <= kLongestAccount && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

Result<void> check_command(const CommandCollector& command) {
  TRY_IN(check_arguments(command.argv), "command.argv");
  const std::string& program = command.argv.front();
  TRY_IN(check_path_pattern(program), "command.argv[0]");
  if (has_wildcard(program)) return fail(kBadClass, "command.argv[0] is a pattern, no program");
  if (!is_account(command.account))
    return fail(kBadClass, "command.runAs is no name of an account: '{}'",
                command.account.substr(0, 80));
  if (command.max_runtime < kLeastCommandTime || command.max_runtime > kMostCommandTime)
    return fail(kBadClass, "command.maxRuntime is {}; PT1S to PT10M are possible",
                muster::to_text(command.max_runtime));
  if (command.output_bytes == 0 || command.output_bytes > kMostOutputBytes)
    return fail(kBadClass, "command.outputLimit is no size up to 4 MiB");
  if (command.success_codes.empty() || command.success_codes.size() > kMostSuccessCodes)
    return fail(kBadClass, "command.successCodes has no code, or over {}", kMostSuccessCodes);
  return {};
}

// The fields that the form can have; nothing where the text itself names them.
Result<std::optional<std::vector<std::string>>> check_form(const TextForm& form) {
  using Fields = std::optional<std::vector<std::string>>;
  if (const auto* lines = std::get_if<LineForm>(&form)) {
    if (!is_plain(lines->comment, kLongestComment))
      return fail(kBadClass, "lines.comment has over {} bytes", kLongestComment);
    return Fields(TRY(TextPattern::parse(lines->pattern)).fields());
  }
  if (const auto* delimited = std::get_if<DelimitedForm>(&form)) {
    if (!is_plain(delimited->comment, kLongestComment))
      return fail(kBadClass, "delimited.comment has over {} bytes", kLongestComment);
    const char separator = delimited->separator;
    if ((separator < 0x20 && separator != '\t') || separator == 0x7f || separator == '"')
      return fail(kBadClass, "delimited.separator is no character that separates");
  }
  if (const auto* json = std::get_if<JsonForm>(&form); json && !is_plain(json->rows, kLongestField))
    return fail(kBadClass, "json.rows is no text, or over {} bytes", kLongestField);
  return Fields();
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 4 && text[0] != '0' &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> check_sources(const DeclaredClass& declared) {
  const auto fields = TRY(check_form(declared.form));
  const auto* delimited = std::get_if<DelimitedForm>(&declared.form);
  const auto* ini = std::get_if<IniForm>(&declared.form);
  for (std::size_t i = 0; i < declared.sources.size(); ++i) {
    const std::string& from = declared.sources[i].from;
    const auto bad = [&](std::string_view what) {
      return fail(kBadClass, "class {}: column {}: from '{}' {}", declared.definition.name,
                  declared.definition.columns[i].name, from.substr(0, 80), what);
    };
    if (from.empty() || !is_plain(from, kLongestField)) return bad("is no name of a field");
    const bool has_section = ini != nullptr && ini->row_per_section;
    if (from == kFileField || (from == kSectionField && has_section)) continue;
    if (from.starts_with('$')) return bad("is none of this form");
    if (fields && std::ranges::find(*fields, from) == fields->end())
      return bad("is no field of the pattern");
    if (delimited && !delimited->header && !is_number(from))
      return bad("is no number: without header fields are counted from 1");
  }
  return {};
}

}  // namespace

Result<void> check_declared_class(const DeclaredClass& declared) {
  TRY(check_class(declared.definition));
  if (find_inventory_class(declared.definition.name) != nullptr)
    return fail(kBadClass, "class {}: the program has one of this name", declared.definition.name);
  if (declared.sources.size() != declared.definition.columns.size())
    return fail(kBadClass, "class {}: {} sources for {} columns", declared.definition.name,
                declared.sources.size(), declared.definition.columns.size());
  if (declared.interval &&
      (*declared.interval < kShortestClassInterval || *declared.interval > kLongestClassInterval))
    return fail(kBadClass, "class {}: interval is {}; PT1H to P90D are possible",
                declared.definition.name, muster::to_text(*declared.interval));
  if (const auto* files = std::get_if<FileCollector>(&declared.collector))
    TRY_IN(check_files(*files), "class {}", declared.definition.name);
  if (const auto* command = std::get_if<CommandCollector>(&declared.collector))
    TRY_IN(check_command(*command), "class {}", declared.definition.name);
  return check_sources(declared);
}

}  // namespace muster::model
