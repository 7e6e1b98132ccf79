#include "model/query/values.h"

#include "base/byte_writer.h"

namespace muster::model {
namespace {

// Equal values, equal bytes.
void append_key(ByteWriter& key, const Value& value) {
  key.u8(static_cast<std::uint8_t>(value.index()));
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    key.u64(static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    key.sized(*text);
  } else if (const auto* version = std::get_if<Version>(&value)) {
    key.u8(static_cast<std::uint8_t>(version->scheme));
    key.sized(version->text);
  }
}

}  // namespace

int compare_values(const Value& a, const Value& b) {
  const auto absent = [](const Value& value) {
    const auto* text = std::get_if<std::string>(&value);
    return value.index() == 0 || (text != nullptr && text->empty());
  };
  if (absent(a) || absent(b)) return static_cast<int>(absent(b)) - static_cast<int>(absent(a));
  if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
  if (const auto* number = std::get_if<std::int64_t>(&a)) {
    const std::int64_t other = std::get<std::int64_t>(b);
    return (*number > other) - (*number < other);
  }
  if (const auto* text = std::get_if<std::string>(&a))
    return text->compare(std::get<std::string>(b));
  const auto& one = std::get<Version>(a);
  const auto& two = std::get<Version>(b);
  if (one.scheme != two.scheme) return one.scheme < two.scheme ? -1 : 1;
  return compare_versions(one.scheme, one.text, two.text);
}

int compare_by_keys(const std::vector<SortKey>& keys, const Row& a, const Row& b) {
  for (const SortKey& key : keys) {
    const int order = compare_values(a[key.column], b[key.column]);
    if (order != 0) return key.direction == Direction::Ascending ? order : -order;
  }
  return 0;
}

int compare_rows(const Row& a, const Row& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const int order = compare_values(a[i], b[i]); order != 0) return order;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const auto* version = std::get_if<Version>(&a[i]))
      if (const int order = version->text.compare(std::get<Version>(b[i]).text); order != 0)
        return order;
  return 0;
}

std::string group_key(const Row& row, const std::vector<std::size_t>& columns) {
  ByteWriter key;
  for (const std::size_t column : columns) append_key(key, group_value(row[column]));
  return std::move(key).take();
}

Value group_value(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->empty() ? Value() : value;
}

}  // namespace muster::model
