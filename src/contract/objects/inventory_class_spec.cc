#include <algorithm>
#include <limits>
#include <utility>

#include "base/size.h"
#include "contract/objects/errors.h"
#include "contract/objects/specs.h"
#include "wire/errors.h"

namespace muster::contract {
namespace {

using model::ColumnKind;
using model::ColumnType;
using wire::NodeAt;
using wire::NodeFields;

constexpr std::string_view kTypes[] = {"Text", "Integer", "Boolean", "Time", "Version"};
constexpr std::string_view kKinds[] = {"Shared", "Unique", "Volatile"};
// Separators that no one character writes well.
constexpr std::pair<char, std::string_view> kSeparatorWords[] = {{' ', "blanks"}, {'\t', "tab"}};

template <typename Enum, std::size_t N>
Result<Enum> read_word(const NodeAt& field, const std::string_view (&words)[N]) {
  const std::string text = TRY(field.text());
  const auto found = std::find(std::begin(words), std::end(words), text);
  if (found == std::end(words))
    return field.failure(kObjectField, "is '{}', one of {} is wanted", text,
                         fmt::join(words, ", "));
  return static_cast<Enum>(found - std::begin(words));
}

Result<void> read_column(const NodeAt& at, model::DeclaredClass& out) {
  const auto fields =
      TRY(NodeFields::open(at, {"name", "type", "kind", "sentence", "from", "scheme"}));
  model::ColumnDefinition column;
  column.name = TRY(fields.text("name"));
  if (const auto field = fields.optional("type"))
    column.type = TRY(read_word<ColumnType>(*field, kTypes));
  if (const auto field = fields.optional("kind"))
    column.kind = TRY(read_word<ColumnKind>(*field, kKinds));
  column.sentence = TRY(fields.text("sentence"));
  model::ColumnSource source;
  source.from = TRY(fields.optional_text("from")).value_or(column.name);
  if (const auto field = fields.optional("scheme")) {
    const std::string word = TRY(field->text());
    const auto scheme = model::parse_version_scheme(word);
    if (!scheme || column.type != ColumnType::Version)
      return field->failure(kObjectField,
                            "is '{}'; dpkg, rpm or dotted is wanted, of a Version alone", word);
    source.scheme = *scheme;
  }
  out.definition.columns.push_back(std::move(column));
  out.sources.push_back(std::move(source));
  return {};
}

Result<model::FileCollector> read_files(const NodeAt& at) {
  const auto fields = TRY(NodeFields::open(at, {"paths"}));
  model::FileCollector out;
  for (const NodeAt& item : TRY(TRY(fields.required("paths")).items()))
    out.paths.push_back(TRY(item.text()));
  return out;
}

Result<model::CommandCollector> read_command(const NodeAt& at) {
  const auto fields = TRY(NodeFields::open(
      at, {"command", "argv", "runAs", "maxRuntime", "outputLimit", "successCodes"}));
  model::CommandCollector out;
  out.argv = TRY(read_arguments(at, fields));
  if (const auto account = TRY(fields.optional_text("runAs"))) out.account = *account;
  if (const auto field = fields.optional("maxRuntime")) {
    const std::string text = TRY(field->text());
    out.max_runtime = TRY_IN(parse_duration(text), "{}", field->where());
  }
  if (const auto field = fields.optional("outputLimit")) {
    const std::string text = TRY(field->text());
    out.output_bytes = TRY_IN(parse_size(text), "{}", field->where());
  }
  if (const auto field = fields.optional("successCodes")) {
    out.success_codes.clear();
    for (const NodeAt& item : TRY(field->items()))
      out.success_codes.push_back(static_cast<int>(TRY(item.integer(0, 255))));
  }
  return out;
}

Result<char> read_separator(const NodeAt& field) {
  const std::string text = TRY(field.text());
  for (const auto& [separator, word] : kSeparatorWords)
    if (text == word) return separator;
  if (text.size() != 1 || text == " " || text == "\t")
    return field.failure(kObjectField, "is '{}'; one character, blanks or tab is wanted", text);
  return text[0];
}

std::string separator_text(char separator) {
  for (const auto& [known, word] : kSeparatorWords)
    if (separator == known) return std::string(word);
  return std::string(1, separator);
}

Result<model::TextForm> read_form(const NodeAt& at) {
  const auto forms = TRY(NodeFields::open(at, {"lines", "delimited", "ini", "json"}));
  if (at.node().members.size() != 1)
    return at.failure(kObjectField, "wants one of lines, delimited, ini and json");
  if (const auto field = forms.optional("lines")) {
    const auto fields = TRY(NodeFields::open(*field, {"pattern", "comment"}));
    model::LineForm out;
    out.pattern = TRY(fields.text("pattern"));
    out.comment = TRY(fields.optional_text("comment")).value_or("");
    return model::TextForm(std::move(out));
  }
  if (const auto field = forms.optional("delimited")) {
    const auto fields = TRY(NodeFields::open(*field, {"separator", "header", "quotes", "comment"}));
    model::DelimitedForm out;
    if (const auto separator = fields.optional("separator"))
      out.separator = TRY(read_separator(*separator));
    if (const auto header = fields.optional("header")) out.header = TRY(header->boolean());
    if (const auto quotes = fields.optional("quotes")) out.quotes = TRY(quotes->boolean());
    out.comment = TRY(fields.optional_text("comment")).value_or("");
    return model::TextForm(std::move(out));
  }
  if (const auto field = forms.optional("ini")) {
    const auto fields = TRY(NodeFields::open(*field, {"rowPerSection"}));
    model::IniForm out;
    if (const auto rows = fields.optional("rowPerSection"))
      out.row_per_section = TRY(rows->boolean());
    return model::TextForm(out);
  }
  const auto fields = TRY(NodeFields::open(TRY(forms.required("json")), {"rows"}));
  return model::TextForm(model::JsonForm{TRY(fields.optional_text("rows")).value_or("")});
}

wire::Node texts_node(const std::vector<std::string>& texts) {
  wire::Node out = wire::sequence_node();
  for (const std::string& text : texts) out.items.push_back(wire::text_node(text));
  return out;
}

wire::Node columns_node(const model::DeclaredClass& declared) {
  wire::Node out = wire::sequence_node();
  for (std::size_t i = 0; i < declared.sources.size(); ++i) {
    const model::ColumnDefinition& column = declared.definition.columns[i];
    wire::Node& node = out.items.emplace_back(wire::mapping_node());
    node.set("name", wire::text_node(column.name));
    node.set("type", wire::text_node(kTypes[static_cast<std::size_t>(column.type)]));
    node.set("kind", wire::text_node(kKinds[static_cast<std::size_t>(column.kind)]));
    node.set("sentence", wire::text_node(column.sentence));
    node.set("from", wire::text_node(declared.sources[i].from));
    if (column.type == ColumnType::Version)
      node.set("scheme", wire::text_node(to_text(declared.sources[i].scheme)));
  }
  return out;
}

wire::Node command_node(const model::CommandCollector& command) {
  wire::Node out = wire::mapping_node();
  out.set("argv", texts_node(command.argv));
  if (!command.account.empty()) out.set("runAs", wire::text_node(command.account));
  out.set("maxRuntime", wire::text_node(muster::to_text(command.max_runtime)));
  out.set("outputLimit", wire::text_node(to_text_size(command.output_bytes)));
  wire::Node codes = wire::sequence_node();
  for (const int code : command.success_codes) codes.items.push_back(wire::integer_node(code));
  out.set("successCodes", std::move(codes));
  return out;
}

wire::Node form_node(const model::TextForm& form) {
  wire::Node inner = wire::mapping_node();
  std::string_view name = "json";
  if (const auto* lines = std::get_if<model::LineForm>(&form)) {
    name = "lines";
    inner.set("pattern", wire::text_node(lines->pattern));
    if (!lines->comment.empty()) inner.set("comment", wire::text_node(lines->comment));
  } else if (const auto* delimited = std::get_if<model::DelimitedForm>(&form)) {
    name = "delimited";
    inner.set("separator", wire::text_node(separator_text(delimited->separator)));
    inner.set("header", wire::boolean_node(delimited->header));
    inner.set("quotes", wire::boolean_node(delimited->quotes));
    if (!delimited->comment.empty()) inner.set("comment", wire::text_node(delimited->comment));
  } else if (const auto* ini = std::get_if<model::IniForm>(&form)) {
    name = "ini";
    inner.set("rowPerSection", wire::boolean_node(ini->row_per_section));
  } else if (const auto* json = std::get_if<model::JsonForm>(&form); !json->rows.empty()) {
    inner.set("rows", wire::text_node(json->rows));
  }
  wire::Node out = wire::mapping_node();
  out.set(name, std::move(inner));
  return out;
}

}  // namespace

Result<model::DeclaredClass> decode_inventory_class_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(NodeFields::open(
      spec, {"class", "sentence", "columns", "interval", "files", "command", "format"}));
  model::DeclaredClass out;
  out.name = std::move(name);
  out.definition.name = TRY(fields.text("class"));
  out.definition.sentence = TRY(fields.text("sentence"));
  const NodeAt columns = TRY(fields.required("columns"));
  for (const NodeAt& item : TRY(columns.items())) TRY(read_column(item, out));
  if (const auto field = fields.optional("interval")) {
    const std::string text = TRY(field->text());
    out.interval = TRY_IN(parse_duration(text), "{}", field->where());
  }
  const auto files = fields.optional("files");
  const auto command = fields.optional("command");
  if (files.has_value() == command.has_value())
    return spec.failure(kObjectField, "wants either files or command");
  if (files) out.collector = TRY(read_files(*files));
  if (command) out.collector = TRY(read_command(*command));
  out.form = TRY(read_form(TRY(fields.required("format"))));
  TRY_IN(model::check_declared_class(out), "{}", spec.where());
  return out;
}

wire::Node inventory_class_spec(const model::DeclaredClass& declared) {
  wire::Node spec = wire::mapping_node();
  spec.set("class", wire::text_node(declared.definition.name));
  spec.set("sentence", wire::text_node(declared.definition.sentence));
  spec.set("columns", columns_node(declared));
  if (declared.interval) spec.set("interval", wire::text_node(muster::to_text(*declared.interval)));
  if (const auto* files = std::get_if<model::FileCollector>(&declared.collector)) {
    wire::Node node = wire::mapping_node();
    node.set("paths", texts_node(files->paths));
    spec.set("files", std::move(node));
  } else {
    spec.set("command", command_node(std::get<model::CommandCollector>(declared.collector)));
  }
  spec.set("format", form_node(declared.form));
  return spec;
}

}  // namespace muster::contract
