#include "roles/client/inventory/declared_classes.h"

#include <algorithm>

#include "base/utf8.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/path_search.h"
#include "roles/client/inventory/text.h"
#include "roles/client/inventory/text_records.h"

namespace muster::client {
namespace {

constexpr std::size_t kLongestVersion = 255;

model::Value boolean_of(std::string_view text) {
  std::string word(text);
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const std::string_view yes : {"1", "true", "yes", "on"})
    if (word == yes) return std::int64_t{1};
  for (const std::string_view no : {"0", "false", "no", "off"})
    if (word == no) return std::int64_t{0};
  return {};
}

model::Value time_of(std::string_view text) {
  constexpr std::int64_t kMostSeconds = 253'402'300'799;  // the end of the year 9999
  if (const auto seconds = to_number(text))
    return *seconds >= -kMostSeconds && *seconds <= kMostSeconds ? model::Value(*seconds * 1000)
                                                                 : model::Value();
  const bool is_date = text.size() == 10 && text[4] == '-';
  const auto time = parse_timestamp(is_date ? std::string(text) + "T00:00:00Z" : std::string(text));
  return time ? model::Value(time->ms) : model::Value();
}

model::Value integer_of(std::string_view text) {
  const auto number = to_number(text);
  return number ? model::Value(*number) : model::Value();
}

Result<std::vector<Record>> records_of(const Source& source, const model::DeclaredClass& declared,
                                       CommandRunner& runner) {
  std::vector<Record> out;
  if (const auto* command = std::get_if<model::CommandCollector>(&declared.collector)) {
    auto output = runner.run(*command);
    if (!output && output.error().is(kFactMissing)) return out;
    const Bytes said = TRY(std::move(output));
    TRY(read_records(declared, said, "", out));
    return out;
  }
  std::vector<std::string> paths;
  for (const std::string& pattern : std::get<model::FileCollector>(declared.collector).paths) {
    auto found = TRY(find_files(source, pattern));
    paths.insert(paths.end(), found.begin(), found.end());
  }
  std::ranges::sort(paths);
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  for (const std::string& path : paths) {
    auto read = source.read_as_named(path, kFactLimit);
    if (!read && read.error().is(kFactMissing)) continue;  // removed meanwhile
    const NamedFile file = TRY(std::move(read));
    TRY(read_records(declared, file.content, path, out));
  }
  return out;
}

// What is no value of its column stays absent, and is noted once per column.
std::vector<model::Row> rows_of(const model::DeclaredClass& declared,
                                const std::vector<Record>& records, std::vector<Note>& notes) {
  std::vector<model::Row> out;
  std::vector<bool> noted(declared.sources.size());
  for (const Record& record : records) {
    model::Row row(declared.sources.size());
    for (std::size_t i = 0; i < record.size(); ++i) {
      if (!record[i]) continue;
      const model::ColumnDefinition& column = declared.definition.columns[i];
      row[i] = value_of(column.type, declared.sources[i].scheme, *record[i]);
      if (row[i].index() != 0 || noted[i] || trimmed(*record[i]).empty()) continue;
      noted[i] = true;
      notes.push_back(
          {Note::Reason::Unreadable, fmt::format("{}.{}", declared.definition.name, column.name),
           fmt::format("'{}' is no value of the column", printable_utf8(*record[i], 80))});
    }
    out.push_back(std::move(row));
  }
  return out;
}

Result<model::ClassRows> collect(const Source& source, const TrustedClass& trusted,
                                 const model::InventoryClass& type, CommandRunner& runner,
                                 Timestamp now, std::vector<Note>& notes) {
  if (now >= trusted.expires)
    return fail(kDeclarationExpired, "class {} at {}", type.name, to_text(trusted.expires));
  model::ClassRows out{&type, {}};
  out.rows = rows_of(trusted.declared, TRY(records_of(source, trusted.declared, runner)), notes);
  for (const model::Row& row : out.rows) TRY(model::check_row(type, row));
  return out;
}

}  // namespace

model::Value value_of(model::ColumnType type, model::VersionScheme scheme, std::string_view raw) {
  const std::string clean(trimmed(printable_utf8(raw, model::kLongestText)));
  if (clean.empty()) return {};
  switch (type) {
    case model::ColumnType::Text:
      return clean;
    case model::ColumnType::Integer:
      return integer_of(clean);
    case model::ColumnType::Boolean:
      return boolean_of(clean);
    case model::ColumnType::Time:
      return time_of(clean);
    case model::ColumnType::Version:
      break;
  }
  if (clean.size() > kLongestVersion) return {};
  return model::Version{scheme, clean};
}

model::Schema schema_of(std::span<const TrustedClass> classes) {
  std::vector<model::ClassDefinition> definitions;
  for (const TrustedClass& each : classes) {
    definitions.push_back(each.declared.definition);
    if (!model::Schema::with(definitions)) definitions.pop_back();
  }
  return model::Schema::with(definitions).value_or(model::Schema());
}

void collect_declared(const Source& source, std::span<const TrustedClass> classes,
                      const model::Schema& schema, CommandRunner& runner, Timestamp now,
                      const ClassFilter& wanted, Inventory& out) {
  for (const TrustedClass& each : classes) {
    const model::InventoryClass* type = schema.find(each.declared.definition.name);
    if (type == nullptr || (wanted && !wanted(*type))) continue;
    auto collected = collect(source, each, *type, runner, now, out.notes);
    if (collected)
      out.classes.push_back(*std::move(collected));
    else
      out.errors.push_back(collected.error());
  }
}

}  // namespace muster::client
