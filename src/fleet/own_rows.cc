#include "fleet/own_rows.h"

#include <algorithm>

#include "base/check.h"

namespace muster::fleet {

using model::Columns;
using model::ColumnType;
using model::Row;
using model::Value;

namespace {

bool is_number(ColumnType type) { return type != ColumnType::Text && type != ColumnType::Version; }

Bytes text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  const auto* version = std::get_if<model::Version>(&value);
  if (version == nullptr) return {};
  return static_cast<char>(version->scheme) + version->text;
}

}  // namespace

std::pair<std::size_t, std::size_t> OwnRows::range(std::uint8_t device) const {
  const auto [first, last] = std::equal_range(devices_.begin(), devices_.end(), device);
  return {static_cast<std::size_t>(first - devices_.begin()),
          static_cast<std::size_t>(last - devices_.begin())};
}

void OwnRows::put_numbers(Column& column, std::size_t first, std::size_t count,
                          const std::vector<Value>& values) {
  std::vector<std::int64_t> numbers;
  for (const Value& value : values) {
    const auto* number = std::get_if<std::int64_t>(&value);
    numbers.push_back(number == nullptr ? 0 : *number);
  }
  column.numbers.replace(first, count, numbers);
}

void OwnRows::put_texts(Column& column, std::size_t first, std::size_t count,
                        const std::vector<Value>& values) {
  const std::uint32_t start = first == 0 ? 0 : column.ends[first - 1];
  const std::uint32_t end = first + count == 0 ? 0 : column.ends[first + count - 1];
  Bytes texts;
  std::vector<std::uint32_t> ends;
  for (const Value& value : values) {
    texts += text_of(value);
    ends.push_back(start + static_cast<std::uint32_t>(texts.size()));
  }
  column.texts.replace(start, end - start, {texts.data(), texts.size()});
  column.ends.replace(first, count, ends);
  const std::uint32_t grown = start + static_cast<std::uint32_t>(texts.size()) - end;
  if (grown == 0) return;
  for (std::uint32_t& each : column.ends.edit().subspan(first + ends.size())) each += grown;
}

void OwnRows::replace(const RowTable& table, std::uint8_t device, const Instances& list) {
  const auto& own = table.own_columns();
  const auto [first, last] = range(device);
  if (first == last && list.empty()) return;
  columns_.resize(own.size());
  std::vector<RowNumber> rows;
  std::vector<std::vector<Value>> values(own.size());
  for (const Instance& instance : list) {
    rows.push_back(instance.row);
    Row row = table.whole(instance);
    for (std::size_t k = 0; k < own.size(); ++k) values[k].push_back(std::move(row[own[k]]));
  }
  for (std::size_t k = 0; k < own.size(); ++k) {
    Column& column = columns_[k];
    std::vector<std::uint8_t> absent;
    for (const Value& value : values[k]) absent.push_back(value.index() == 0 ? 1 : 0);
    column.absent.replace(first, last - first, absent);
    if (is_number(table.type().columns[own[k]].type))
      put_numbers(column, first, last - first, values[k]);
    else
      put_texts(column, first, last - first, values[k]);
  }
  devices_.replace(first, last - first, std::vector<std::uint8_t>(list.size(), device));
  rows_.replace(first, last - first, rows);
}

void OwnRows::remove(std::uint8_t device) {
  const auto [first, last] = range(device);
  const std::size_t count = last - first;
  if (count == 0) return;
  for (Column& column : columns_) {
    column.absent.replace(first, count, {});
    if (column.numbers.empty())
      put_texts(column, first, count, {});
    else
      put_numbers(column, first, count, {});
  }
  devices_.replace(first, count, {});
  rows_.replace(first, count, {});
}

Value OwnRows::value(const RowTable& table, std::size_t i, std::size_t own_column) const {
  const Column& column = columns_[own_column];
  if (column.absent[i] != 0) return {};
  const ColumnType type = table.type().columns[table.own_columns()[own_column]].type;
  if (is_number(type)) return column.numbers[i];
  const std::uint32_t start = i == 0 ? 0 : column.ends[i - 1];
  const std::string_view text(column.texts.begin() + start, column.ends[i] - start);
  if (type == ColumnType::Text) return std::string(text);
  return model::Version{static_cast<model::VersionScheme>(text[0]), std::string(text.substr(1))};
}

void OwnRows::read(const RowTable& table, std::size_t i, Row& row) const {
  const auto& own = table.own_columns();
  for (std::size_t k = 0; k < own.size(); ++k) row[own[k]] = value(table, i, k);
}

Instances OwnRows::list(const RowTable& table, std::uint8_t device) const {
  Instances out;
  const auto [first, last] = range(device);
  Row row(table.type().columns.size());
  for (std::size_t i = first; i < last; ++i) {
    read(table, i, row);
    out.push_back({rows_[i], array_of(encode_row(table.type(), row, Columns::Unique)),
                   array_of(encode_row(table.type(), row, Columns::Volatile))});
  }
  return out;
}

void OwnRows::save(SnapshotWriter& writer) const {
  writer.array(devices_);
  writer.array(rows_);
  writer.number(columns_.size());
  for (const Column& column : columns_) {
    writer.array(column.absent);
    writer.array(column.numbers);
    writer.array(column.ends);
    writer.array(column.texts);
  }
}

OwnRows OwnRows::load(const RowTable& table, SnapshotReader& reader) {
  OwnRows out;
  out.devices_ = reader.array<std::uint8_t>();
  out.rows_ = reader.array<RowNumber>();
  reader.expect(out.rows_.size() == out.devices_.size());
  for (const RowNumber row : out.rows_)
    if (!reader.expect(row < table.slots())) return out;
  const std::size_t columns = reader.count();
  reader.expect(columns == table.own_columns().size() || (columns == 0 && out.rows_.empty()));
  for (std::size_t i = 0; i < columns && reader.ok(); ++i) {
    Column& column = out.columns_.emplace_back();
    column.absent = reader.array<std::uint8_t>();
    column.numbers = reader.array<std::int64_t>();
    column.ends = reader.array<std::uint32_t>();
    column.texts = reader.array<char>();
    reader.expect(column.absent.size() == out.rows_.size());
  }
  return out;
}

}  // namespace muster::fleet
