#include "roles/client/inventory/row_builder.h"

#include "base/check.h"
#include "base/utf8.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::size_t kLongestVersion = 255;

}  // namespace

RowBuilder::RowBuilder(std::string_view class_name)
    : type_(model::find_inventory_class(class_name)) {
  MUSTER_CHECK(type_ != nullptr);
  row_.resize(type_->columns.size());
}

model::Value& RowBuilder::at(std::string_view column) {
  const auto index = type_->column(column);
  MUSTER_CHECK(index.has_value());
  return row_[*index];
}

RowBuilder& RowBuilder::text(std::string_view column, std::string_view value) {
  const std::string clean(trimmed(printable_utf8(value, model::kLongestText)));
  if (!clean.empty()) at(column) = clean;
  return *this;
}

RowBuilder& RowBuilder::number(std::string_view column, std::optional<std::int64_t> value) {
  model::Value& slot = at(column);
  if (value) slot = *value;
  return *this;
}

RowBuilder& RowBuilder::version(std::string_view column, model::VersionScheme scheme,
                                std::string_view value) {
  const std::string clean(trimmed(printable_utf8(value, kLongestVersion)));
  if (!clean.empty()) at(column) = model::Version{scheme, clean};
  return *this;
}

std::optional<std::string> read_fact(const Source& source, std::string_view path,
                                     std::string_view fact, Collected& out) {
  const auto content = source.read(path);
  if (!content) {
    if (content.error().is(kFactDenied))
      out.notes.push_back({Note::Reason::NeedsRoot, std::string(fact), content.error().text()});
    if (content.error().is(kFactUnreadable))
      out.notes.push_back({Note::Reason::Unreadable, std::string(fact), content.error().text()});
    return std::nullopt;
  }
  const std::string_view line = trimmed(first_line(*content));
  return line.empty() ? std::nullopt : std::optional(std::string(line));
}

std::optional<std::string> read_fact(const Source& source, std::string_view path) {
  Collected ignored;
  return read_fact(source, path, "", ignored);
}

}  // namespace muster::client
