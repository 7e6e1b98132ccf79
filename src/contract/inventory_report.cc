#include "contract/inventory_report.h"

#include <algorithm>

#include "base/utf8.h"
#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMostClasses = 512;
constexpr wire::JsonLimits kLimits{.bytes = 64u << 20, .depth = 8};

void write_value(wire::JsonWriter& w, const model::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    w.number(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    w.string(*text);
  } else if (const auto* version = std::get_if<model::Version>(&value)) {
    w.string(fmt::format("{} {}", model::to_text(version->scheme), version->text));
  } else {
    w.null();
  }
}

void write_classes(wire::JsonWriter& w, const std::vector<model::ClassRows>& classes) {
  w.array();
  for (const model::ClassRows& rows : classes) {
    w.object();
    w.key("class").string(rows.type->name);
    w.key("columns").array();
    for (const model::Column& column : rows.type->columns) w.string(column.name);
    w.end();
    w.key("rows").array();
    for (const model::Row& row : rows.rows) {
      w.array();
      for (const model::Value& value : row) write_value(w, value);
      w.end();
    }
    w.end().end();
  }
  w.end();
}

Result<model::Value> read_version(std::string_view text) {
  const auto space = text.find(' ');
  const auto scheme = model::parse_version_scheme(text.substr(0, space));
  if (space == std::string_view::npos || !scheme)
    return fail(kBadMember, "'{}': a version is its scheme, a space and its text",
                text.substr(0, 80));
  return model::Value(model::Version{*scheme, std::string(text.substr(space + 1))});
}

Result<model::Value> read_value(const wire::Json& json, model::ColumnType type) {
  if (json.is_null()) return model::Value();
  switch (type) {
    case model::ColumnType::Text:
      return model::Value(std::string(TRY(json.string())));
    case model::ColumnType::Version:
      return read_version(TRY(json.string()));
    default:
      return model::Value(TRY(json.i64()));
  }
}

// The sender names its columns, so that a class may grow: a column it does not send is absent,
// one that this side does not know is passed over.
Result<model::ClassRows> read_class(const wire::Json& json, const model::Schema& schema) {
  const std::string name = TRY(text_field(json, "class"));
  const model::InventoryClass* type = schema.find(name);
  if (!type) return fail(kUnknownClass, "'{}'", name.substr(0, 80));
  if (type->origin != model::Origin::Client)
    return fail(kBadMember, "class: rows of '{}' are the site's own; no client reports them", name);
  std::vector<std::optional<std::size_t>> place;
  for (const std::string& column : TRY(text_list_field(json, "columns")))
    place.push_back(type->column(column));
  model::ClassRows out{type, {}};
  const auto rows = TRY(TRY(json.at("rows")).items());
  if (rows.size() > model::kMostRowsPerClass)
    return fail(kTooMuch, "{}: {} rows, at most {} are taken", name, rows.size(),
                model::kMostRowsPerClass);
  out.rows.reserve(rows.size());
  std::vector<wire::Json> values;
  for (const wire::Json& item : rows) {
    TRY(item.items(values));
    if (values.size() != place.size())
      return fail(kBadMember, "{}: row {} has {} values for {} columns", name, out.rows.size(),
                  values.size(), place.size());
    model::Row row(type->columns.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      if (place[i])
        row[*place[i]] = TRY_IN(read_value(values[i], type->columns[*place[i]].type), "{}.{}", name,
                                type->columns[*place[i]].name);
    TRY(model::check_row(*type, row));
    out.rows.push_back(std::move(row));
  }
  return out;
}

Result<std::vector<model::ClassRows>> read_classes(const wire::Json& json, std::string_view key,
                                                   const model::Schema& schema) {
  std::vector<model::ClassRows> out;
  for (const wire::Json& item : TRY(TRY(json.at(key)).items())) {
    if (out.size() == kMostClasses) return fail(kTooMuch, "{}: over {} classes", key, kMostClasses);
    model::ClassRows rows = TRY(read_class(item, schema));
    if (std::ranges::find(out, rows.type, &model::ClassRows::type) != out.end())
      return fail(kBadMember, "{}: {} stands twice", key, rows.type->name);
    out.push_back(std::move(rows));
  }
  return out;
}

Result<model::RowSetDigest> digest_field(const wire::Json& json, std::string_view key) {
  return TRY_IN(model::RowSetDigest::parse(TRY(text_field(json, key))), "{}", key);
}

}  // namespace

Bytes encode_inventory_report(const InventoryReport& report) {
  const bool full = report.kind == InventoryReport::Kind::Full;
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("kind").string(full ? "full" : "delta");
  w.key("collected").string(to_text(report.collected));
  w.key("resync").number(report.resync);
  if (!full) w.key("base").string(report.base.text());
  w.key("digest").string(report.digest.text());
  w.key("rows");
  write_classes(w, report.rows);
  if (!full) {
    w.key("removed");
    write_classes(w, report.removed);
  }
  w.end();
  return std::move(w).take();
}

Result<InventoryReport> decode_inventory_report(ByteView text, const model::Schema& schema) {
  const auto document = TRY(wire::JsonDocument::parse(text, kLimits));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  const std::string kind = TRY(text_field(json, "kind"));
  if (kind != "full" && kind != "delta") return fail(kBadMember, "kind '{}' is not known", kind);
  InventoryReport report;
  report.kind = kind == "full" ? InventoryReport::Kind::Full : InventoryReport::Kind::Delta;
  report.collected = TRY(time_field(json, "collected"));
  report.resync = TRY(number_field(json, "resync"));
  report.digest = TRY(digest_field(json, "digest"));
  report.rows = TRY(read_classes(json, "rows", schema));
  if (report.kind == InventoryReport::Kind::Delta) {
    report.base = TRY(digest_field(json, "base"));
    report.removed = TRY(read_classes(json, "removed", schema));
  }
  return report;
}

std::vector<std::string> reported_classes(ByteView text) {
  std::vector<std::string> out;
  const auto document = wire::JsonDocument::parse(text, kLimits);
  if (!document) return out;
  for (const std::string_view key : {"rows", "removed", "volatileRows"}) {
    const auto list = document->root().find(key);
    if (!list || !*list) continue;
    const auto items = (*list)->items();
    if (!items) continue;
    for (const wire::Json& item : *items) {
      auto name = text_field(item, "class");
      if (name && out.size() < 2 * kMostClasses) out.push_back(*std::move(name));
    }
  }
  return out;
}

Bytes encode_heartbeat(const Heartbeat& heartbeat) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("sent").string(to_text(heartbeat.sent));
  w.key("name").string(heartbeat.name);
  w.key("clientVersion").string(heartbeat.client_version);
  w.key("inventory").string(heartbeat.inventory.text());
  w.key("volatileRows");
  write_classes(w, heartbeat.volatile_rows);
  w.end();
  return std::move(w).take();
}

Result<Heartbeat> decode_heartbeat(ByteView text, const model::Schema& schema) {
  const auto document = TRY(wire::JsonDocument::parse(text, kLimits));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  Heartbeat heartbeat;
  heartbeat.sent = TRY(time_field(json, "sent"));
  heartbeat.name = TRY(text_field(json, "name"));
  heartbeat.client_version = TRY(text_field(json, "clientVersion"));
  heartbeat.inventory = TRY(digest_field(json, "inventory"));
  heartbeat.volatile_rows = TRY(read_classes(json, "volatileRows", schema));
  std::size_t rows = 0;
  for (const model::ClassRows& of_class : heartbeat.volatile_rows) rows += of_class.rows.size();
  if (rows > kMostVolatileRows)
    return fail(kTooMuch, "volatileRows: {} rows, at most {} are taken", rows, kMostVolatileRows);
  if (heartbeat.name.size() > 255) return fail(kBadMember, "name: over 255 bytes");
  if (has_control_characters(heartbeat.name))
    return fail(kBadMember, "name: has control characters");
  return heartbeat;
}

}  // namespace muster::contract
