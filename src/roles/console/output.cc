#include "roles/console/output.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "roles/console/errors.h"
#include "wire/yaml.h"

namespace muster::console {
namespace {

constexpr std::array<std::string_view, 6> kFormats = {"table", "wide", "json",
                                                      "yaml",  "csv",  "name"};

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string csv_cell(const std::string& cell) {
  const std::string text = printable(cell, "\t\r\n");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

void append_csv_line(std::string& out, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += ',';
    out += csv_cell(cells[i]);
  }
  out += "\r\n";
}

}  // namespace

std::string printable(std::string_view text, std::string_view kept) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence(text.substr(i));
    const auto byte = static_cast<unsigned char>(text[i]);
    // C0, DEL and C1 (U+0080 to U+009F) steer terminals.
    const bool control = length == 0 || byte < 0x20 || byte == 0x7f ||
                         (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0);
    const bool is_kept = kept.find(text[i]) != std::string_view::npos;
    out += control && !is_kept ? "?" : text.substr(i, std::max<std::size_t>(length, 1));
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

Result<Format> parse_format(std::string_view text) {
  const auto* found = std::ranges::find(kFormats, text);
  if (found == kFormats.end())
    return fail(kUsage, "-o {}: use table, wide, json, yaml, csv or name", text);
  return static_cast<Format>(found - kFormats.begin());
}

std::string render_table(const TextTable& table) {
  std::vector<std::vector<std::string>> lines{table.headings};
  for (const auto& row : table.rows) lines.push_back(row);
  std::vector<std::size_t> widths(table.headings.size());
  for (auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      line[i] = printable(line[i]);
      widths[i] = std::max(widths[i], width_of(line[i]));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - width_of(line[i]) + 2, ' ');
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

std::string render_json(const TextTable& table) {
  wire::JsonWriter w;
  w.array();
  for (const auto& row : table.rows) {
    w.object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string name = table.headings[i];
      for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      w.key(name).string(row[i]);
    }
    w.end();
  }
  w.end();
  return std::move(w).take();
}

std::string render_csv(const TextTable& table) {
  std::string out;
  append_csv_line(out, table.headings);
  for (const auto& row : table.rows) append_csv_line(out, row);
  return out;
}

std::string text_at(const wire::Node& item, std::string_view path) {
  const wire::Node* at = &item;
  while (at && !path.empty()) {
    const std::string_view part = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), part.size() + 1));
    at = at->find(part);
  }
  return at && at->is_scalar() ? at->text : std::string();
}

TextTable table_of(std::span<const wire::Node> items, std::span<const contract::ApiColumn> columns,
                   bool wide) {
  TextTable table;
  for (const auto& column : columns)
    if (wide || !column.wide) table.headings.emplace_back(column.heading);
  for (const wire::Node& item : items) {
    auto& row = table.rows.emplace_back();
    for (const auto& column : columns)
      if (wide || !column.wide) row.push_back(text_at(item, column.path));
  }
  return table;
}

std::string render_items(std::span<const wire::Node> items, std::string_view kind, Format format) {
  const auto columns = contract::api_columns(kind);
  switch (format) {
    case Format::Json: {
      std::vector<wire::Node> list(items.begin(), items.end());
      return wire::node_to_json(wire::sequence_node(std::move(list))) + "\n";
    }
    case Format::Yaml:
      return wire::emit_yaml(items);
    case Format::Csv:
      return render_csv(table_of(items, columns, true));
    case Format::Name: {
      std::string out;
      for (const wire::Node& item : items) out += printable(text_at(item, columns[0].path)) + "\n";
      return out;
    }
    default:
      return render_table(table_of(items, columns, format == Format::Wide));
  }
}

}  // namespace muster::console
