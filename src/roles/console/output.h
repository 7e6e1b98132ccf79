// What the console prints: tables, JSON, YAML, CSV or names, from the provider's answers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contract/api.h"
#include "wire/node.h"

namespace muster::console {

enum class Format { Table, Wide, Json, Yaml, Csv, Name };
// Error kUsage, naming the formats.
Result<Format> parse_format(std::string_view text);

// Control characters, which come from machines and must not reach a terminal, become '?'. Every
// text that a machine may have written goes through it, unless it is written as JSON or YAML. Those
// in `kept` stay.
std::string printable(std::string_view text, std::string_view kept = {});

struct TextTable {
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;
};

// Columns aligned with two spaces between them; long cells are not cut.
std::string render_table(const TextTable& table);
// An array of objects with texts, whose names are the headings in lower case.
std::string render_json(const TextTable& table);
// RFC 4180 with a heading line.
std::string render_csv(const TextTable& table);

// The text at "a.b" in `item`, empty when absent.
std::string text_at(const wire::Node& item, std::string_view path);
TextTable table_of(std::span<const wire::Node> items, std::span<const contract::ApiColumn> columns,
                   bool wide);
// The items in the wanted format; `kind` as in api_columns().
std::string render_items(std::span<const wire::Node> items, std::string_view kind, Format format);

}  // namespace muster::console
