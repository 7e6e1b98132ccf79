#include "store/database.h"

namespace muster::store {
namespace {

const char* type_name(const ValueView& value) {
  constexpr const char* kNames[] = {"NULL", "an integer", "a real number", "a text", "a blob"};
  return kNames[value.index()];
}

}  // namespace

template <typename T>
Result<T> Rows::typed(int column, const char* wanted) const {
  const ValueView value = cursor_->value(column);
  if (const T* found = std::get_if<T>(&value)) return *found;
  return fail(kUnexpectedValue, "column {} is {}, not {}", column_name(column), type_name(value),
              wanted);
}

template <typename T>
Result<std::optional<T>> Rows::maybe(int column, const char* wanted) const {
  if (std::holds_alternative<std::monostate>(cursor_->value(column))) return std::nullopt;
  return TRY(typed<T>(column, wanted));
}

Result<std::int64_t> Rows::integer(int column) const {
  return typed<std::int64_t>(column, "an integer");
}

Result<bool> Rows::boolean(int column) const {
  const std::int64_t value = TRY(integer(column));
  if (value != 0 && value != 1)
    return fail(kUnexpectedValue, "column {} is {}, not 0 or 1", column_name(column), value);
  return value == 1;
}

Result<double> Rows::real(int column) const { return typed<double>(column, "a real number"); }

Result<std::string_view> Rows::text_view(int column) const {
  return typed<std::string_view>(column, "a text");
}

Result<ByteView> Rows::blob_view(int column) const {
  return TRY(typed<BlobView>(column, "a blob")).bytes;
}

Result<std::string> Rows::text(int column) const { return std::string(TRY(text_view(column))); }
Result<Bytes> Rows::blob(int column) const { return Bytes(TRY(blob_view(column))); }
Result<Timestamp> Rows::time(int column) const { return Timestamp{TRY(integer(column))}; }

Result<std::optional<std::int64_t>> Rows::maybe_integer(int column) const {
  return maybe<std::int64_t>(column, "an integer");
}

Result<std::optional<std::string>> Rows::maybe_text(int column) const {
  const auto value = TRY(maybe<std::string_view>(column, "a text"));
  if (!value) return std::nullopt;
  return std::string(*value);
}

Result<std::optional<Bytes>> Rows::maybe_blob(int column) const {
  const auto value = TRY(maybe<BlobView>(column, "a blob"));
  if (!value) return std::nullopt;
  return Bytes(value->bytes);
}

Result<std::optional<Timestamp>> Rows::maybe_time(int column) const {
  const auto value = TRY(maybe_integer(column));
  if (!value) return std::nullopt;
  return Timestamp{*value};
}

Value Rows::value(int column) const {
  return std::visit(
      [](const auto& value) -> Value {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>)
          return std::string(value);
        else if constexpr (std::is_same_v<T, BlobView>)
          return Blob{Bytes(value.bytes)};
        else
          return value;
      },
      cursor_->value(column));
}

}  // namespace muster::store
