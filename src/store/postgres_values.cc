#include "store/postgres_values.h"

#include <bit>
#include <limits>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "store/storable_text.h"

namespace muster::store {
namespace {

// pg_type.dat of PostgreSQL 15; these numbers are part of its protocol.
enum Type : Oid {
  kBool = 16,
  kBytea = 17,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kFloat4 = 700,
  kFloat8 = 701,
  kUnknown = 705,
  kVarchar = 1043,
};

constexpr int kBinary = 1;

bool is_text(Oid type) {
  return type == kText || type == kVarchar || type == kName || type == kUnknown;
}

template <typename Number>
bool holds(std::int64_t value) {
  return value >= std::numeric_limits<Number>::min() && value <= std::numeric_limits<Number>::max();
}

// Nothing when the number is no value of the type.
std::optional<Bytes> number_as(Oid type, std::int64_t value) {
  ByteWriter out;
  if (type == kInt8)
    out.u64(static_cast<std::uint64_t>(value));
  else if (type == kInt4 && holds<std::int32_t>(value))
    out.u32(static_cast<std::uint32_t>(value));
  else if (type == kInt2 && holds<std::int16_t>(value))
    out.u16(static_cast<std::uint16_t>(value));
  else if (type == kBool && (value == 0 || value == 1))
    out.u8(static_cast<std::uint8_t>(value));
  else if (type == kFloat8)
    out.u64(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
  else
    return std::nullopt;
  return std::move(out).take();
}

std::optional<Bytes> real_as(Oid type, double value) {
  if (type != kFloat8) return std::nullopt;
  ByteWriter out;
  out.u64(std::bit_cast<std::uint64_t>(value));
  return std::move(out).take();
}

std::int64_t integer_of(ByteView bytes) {
  ByteReader in(bytes);
  switch (bytes.size()) {
    case 1:
      return *in.u8();
    case 2:
      return static_cast<std::int16_t>(*in.u16());
    case 4:
      return static_cast<std::int32_t>(*in.u32());
    default:
      MUSTER_CHECK(bytes.size() == 8);
      return static_cast<std::int64_t>(*in.u64());
  }
}

double real_of(ByteView bytes) {
  ByteReader in(bytes);
  if (bytes.size() == 4) return std::bit_cast<float>(*in.u32());
  MUSTER_CHECK(bytes.size() == 8);
  return std::bit_cast<double>(*in.u64());
}

}  // namespace

Result<BoundValues> BoundValues::bind(const PostgresStatement& statement, Params params) {
  MUSTER_CHECK(params.size() == statement.placeholders.size());
  BoundValues out;
  out.numbers_.reserve(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Oid type = statement.placeholders[i];
    const ValueView& value = params[i].view();
    std::optional<ByteView> bytes;
    bool fits = true;
    const auto keep = [&](std::optional<Bytes> number) {
      fits = number.has_value();
      // At most eight bytes: they lie in the string itself, which does not move any more.
      if (number) bytes = out.numbers_.emplace_back(*std::move(number));
    };
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      keep(number_as(type, *number));
    } else if (const auto* real = std::get_if<double>(&value)) {
      keep(real_as(type, *real));
    } else if (const auto* text = std::get_if<std::string_view>(&value)) {
      TRY(check_storable(*text, i + 1));
      fits = is_text(type);
      bytes = *text;
    } else if (const auto* blob = std::get_if<BlobView>(&value)) {
      fits = type == kBytea;
      bytes = blob->bytes;
    }
    if (!fits)
      return fail(kDatabaseFailed, "${} has another type than the engine wants ({}): {}", i + 1,
                  type, std::string_view(statement.sql).substr(0, 200));
    if (bytes && bytes->size() > std::numeric_limits<int>::max() / 2)
      return fail(kDatabaseFailed, "${} has {} bytes", i + 1, bytes->size());
    // A null pointer is NULL, so an empty view gets another one.
    out.values_.push_back(!bytes ? nullptr : bytes->empty() ? "" : bytes->data());
    out.lengths_.push_back(bytes ? static_cast<int>(bytes->size()) : 0);
    out.formats_.push_back(kBinary);
  }
  return out;
}

bool is_readable(Oid type) {
  return is_text(type) || type == kBytea || type == kBool || type == kInt2 || type == kInt4 ||
         type == kInt8 || type == kFloat4 || type == kFloat8;
}

ValueView value_of_column(const PGresult* result, int column, Oid type) {
  if (PQgetisnull(result, 0, column) != 0) return std::monostate();
  const ByteView bytes(PQgetvalue(result, 0, column),
                       static_cast<std::size_t>(PQgetlength(result, 0, column)));
  if (is_text(type)) return bytes;
  if (type == kBytea) return BlobView{bytes};
  if (type == kFloat4 || type == kFloat8) return real_of(bytes);
  return integer_of(bytes);
}

}  // namespace muster::store
