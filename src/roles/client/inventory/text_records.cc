#include "roles/client/inventory/text_records.h"

#include <algorithm>
#include <functional>

#include "model/text_pattern.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/text.h"
#include "wire/node.h"

namespace muster::client {
namespace {

using Field = std::optional<std::string>;

class Reader {
 public:
  Reader(const model::DeclaredClass& declared, std::string_view file, std::vector<Record>& out)
      : declared_(declared), file_(file), out_(out) {}

  Result<void> read(ByteView text) {
    return std::visit([&](const auto& form) { return read_form(form, text); }, declared_.form);
  }

 private:
  // The record whose fields `find` knows by name. One without any field is none.
  Result<void> add(const std::function<Field(const std::string& name)>& find) {
    Record record;
    bool has_any = false;
    for (const model::ColumnSource& source : declared_.sources) {
      const bool is_file = source.from == model::kFileField;
      record.push_back(is_file ? (file_.empty() ? Field() : Field(file_)) : find(source.from));
      has_any = has_any || (!is_file && record.back().has_value());
    }
    if (!has_any) return {};
    if (out_.size() == kMostDeclaredRows)
      return fail(kTooManyDeclaredRows, "class {}: over {} rows", declared_.definition.name,
                  kMostDeclaredRows);
    out_.push_back(std::move(record));
    return {};
  }
  Failure bad(std::string_view what) const {
    return fail(kTextForm, "class {}: {}: {}", declared_.definition.name,
                file_.empty() ? std::string_view("the command's output") : file_, what);
  }

  Result<void> read_form(const model::LineForm& form, ByteView text) {
    const auto pattern = TRY(model::TextPattern::parse(form.pattern));
    std::string_view line;
    while (next_line(text, line)) {
      if (!form.comment.empty() && trimmed(line).starts_with(form.comment)) continue;
      const auto values = pattern.match(line);
      if (!values) continue;
      TRY(add([&](const std::string& name) -> Field {
        const auto at = std::ranges::find(pattern.fields(), name) - pattern.fields().begin();
        const std::string_view value = (*values)[static_cast<std::size_t>(at)];
        return value.empty() ? Field() : Field(value);
      }));
    }
    return {};
  }

  Result<void> read_form(const model::DelimitedForm& form, ByteView text) {
    std::vector<std::string> names;
    bool named = !form.header;
    std::string_view line;
    while (next_line(text, line)) {
      if (trimmed(line).empty()) continue;
      if (!form.comment.empty() && trimmed(line).starts_with(form.comment)) continue;
      const std::vector<std::string> values = TRY(split(form, line));
      if (!named) {
        names = values;
        named = true;
        continue;
      }
      TRY(add([&](const std::string& name) -> Field {
        std::size_t at = 0;
        if (form.header)
          at = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
        else
          at = static_cast<std::size_t>(to_number(name).value_or(0) - 1);
        return at < values.size() && !values[at].empty() ? Field(values[at]) : Field();
      }));
    }
    return {};
  }

  // A quotation does not go on over the line's end.
  Result<std::vector<std::string>> split(const model::DelimitedForm& form, std::string_view line) {
    const auto separates = [&](char c) {
      return form.separator == ' ' ? c == ' ' || c == '\t' : c == form.separator;
    };
    std::vector<std::string> out;
    std::size_t at = 0;
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (;;) {
      while (at < line.size() && (line[at] == ' ' || line[at] == '\t') &&
             (form.separator != '\t' || line[at] != '\t'))
        ++at;
      if (form.separator == ' ' && at == line.size()) return out;
      std::string value;
      if (form.quotes && at < line.size() && line[at] == '"') {
        for (++at;; ++at) {
          if (at == line.size()) return bad("a quotation has no end in its line");
          if (line[at] != '"') {
            value += line[at];
          } else if (at + 1 < line.size() && line[at + 1] == '"') {
            value += line[at++];
          } else {
            break;
          }
        }
        ++at;
        while (at < line.size() && !separates(line[at])) ++at;
      } else {
        const std::size_t start = at;
        while (at < line.size() && !separates(line[at])) ++at;
        value = trimmed(line.substr(start, at - start));
      }
      out.push_back(std::move(value));
      if (at == line.size()) return out;
      ++at;
    }
  }

  Result<void> read_form(const model::IniForm& form, ByteView text) {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    std::string section;
    bool in_section = false;
    Pairs pairs;
    // Of two with one name the first counts.
    const auto add_row = [&]() -> Result<void> {
      return add([&](const std::string& name) -> Field {
        if (form.row_per_section && name == model::kSectionField) return Field(section);
        for (const auto& [key, value] : pairs)
          if (key == name && !value.empty()) return Field(value);
        return {};
      });
    };
    std::string_view raw;
    while (next_line(text, raw)) {
      const std::string_view line = trimmed(raw);
      if (line.empty() || line[0] == ';' || line[0] == '#') continue;
      if (line[0] == '[') {
        if (line.back() != ']') return bad("a line begins with '[' and does not end with ']'");
        if (form.row_per_section) {
          if (in_section) TRY(add_row());
          pairs.clear();
        }
        section = trimmed(line.substr(1, line.size() - 2));
        in_section = true;
        continue;
      }
      const std::size_t equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string key(trimmed(line.substr(0, equals)));
      const bool whole = !form.row_per_section && in_section;
      if (form.row_per_section && !in_section) continue;
      pairs.emplace_back(whole ? section + "." + key : key, trimmed(line.substr(equals + 1)));
    }
    return form.row_per_section && !in_section ? Result<void>() : add_row();
  }

  // Null for a path that leads nowhere.
  static const wire::Node* find_below(const wire::Node& node, std::string_view path) {
    const wire::Node* at = &node;
    while (!path.empty()) {
      const std::size_t dot = std::min(path.find('.'), path.size());
      at = at->find(path.substr(0, dot));
      if (at == nullptr) return nullptr;
      path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return at;
  }

  Result<void> add_element(const wire::Node& element) {
    if (element.kind != wire::Node::Kind::Mapping) return {};
    return add([&](const std::string& name) -> Field {
      const wire::Node* value = find_below(element, name);
      if (value == nullptr || !value->is_scalar() || value->text.empty()) return {};
      return Field(value->text);
    });
  }

  Result<void> read_form(const model::JsonForm& form, ByteView text) {
    const auto document = wire::node_from_json(text);
    if (!document) return bad(document.error().text());
    const wire::Node* rows = find_below(*document, form.rows);
    if (rows == nullptr) return {};
    if (rows->kind != wire::Node::Kind::Sequence) return add_element(*rows);
    for (const wire::Node& element : rows->items) TRY(add_element(element));
    return {};
  }

  const model::DeclaredClass& declared_;
  std::string_view file_;
  std::vector<Record>& out_;
};

}  // namespace

Result<void> read_records(const model::DeclaredClass& declared, ByteView text,
                          std::string_view file, std::vector<Record>& out) {
  return Reader(declared, file, out).read(text);
}

}  // namespace muster::client
