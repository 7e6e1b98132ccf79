#include "store/site/packed_lists.h"

#include <limits>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace muster::store {
namespace {

// Beside row_list.cc's own.
constexpr char kPackedForm = 2;
// A list of all rows that a device may have, with room for their own values.
constexpr std::size_t kMostBytes = std::size_t{256} << 20;
// A change of few rows gains nothing.
constexpr std::size_t kLeastBytes = 64;
constexpr std::size_t kDictionaryBytes = std::size_t{64} << 10;

}  // namespace

Result<PackedLists> PackedLists::load(Reader& reader) {
  PackedLists out;
  out.dictionaries_ =
      TRY(reader.all("SELECT number, bytes FROM row_dictionary ORDER BY number", {},
                     [](Rows& rows) -> Result<Dictionary> {
                       return Dictionary{static_cast<std::uint64_t>(TRY(rows.integer(0))),
                                         wire::ZstdDictionary(TRY(rows.blob(1)))};
                     }));
  return out;
}

Bytes PackedLists::encode(const std::vector<RowEntry>& entries) const {
  Bytes plain = encode_row_list(entries);
  if (dictionaries_.empty() || plain.size() < kLeastBytes) return plain;
  const Dictionary& latest = dictionaries_.back();
  ByteWriter out;
  out.u8(kPackedForm);
  out.varint(latest.number);
  out.bytes(latest.zstd.compress(plain));
  return out.view().size() < plain.size() ? std::move(out).take() : plain;
}

Result<std::vector<RowEntry>> PackedLists::decode(ByteView stored) const {
  if (stored.empty() || stored.front() != kPackedForm) return decode_row_list(stored);
  ByteReader in(stored.substr(1));
  const auto number = in.varint();
  if (!number) return fail(kUnexpectedValue, "row list of {} bytes is cut off", stored.size());
  for (const Dictionary& each : dictionaries_) {
    if (each.number != *number) continue;
    const auto plain = each.zstd.decompress(TRY(in.bytes(in.remaining())), kMostBytes);
    if (!plain)
      return fail(kUnexpectedValue, "row list packed with dictionary {}: {}", *number,
                  plain.error().detail());
    return decode_row_list(*plain);
  }
  return fail(kUnexpectedValue, "row list packed with dictionary {}, which is not there", *number);
}

Result<std::uint64_t> latest_dictionary(Reader& reader) {
  const auto found = TRY(reader.first("SELECT COALESCE(MAX(number), 0) FROM row_dictionary", {},
                                      [](Rows& rows) { return rows.integer(0); }));
  return static_cast<std::uint64_t>(found.value_or(0));
}

Result<std::int64_t> devices_of_dictionary(Reader& reader) {
  const auto found =
      TRY(reader.first("SELECT devices FROM row_dictionary ORDER BY number DESC LIMIT 1", {},
                       [](Rows& rows) { return rows.integer(0); }));
  return found.value_or(0);
}

Result<std::vector<Bytes>> sample_row_lists(Reader& reader,
                                            std::span<const std::uint32_t> devices) {
  constexpr std::size_t kSamples = 2000;
  const PackedLists lists = TRY(PackedLists::load(reader));
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < kSamples && i < devices.size(); ++i) {
    const std::uint32_t device =
        devices[devices.size() <= kSamples ? i : i * devices.size() / kSamples];
    auto list =
        TRY(reader.first("SELECT rows FROM device_rows WHERE device = $1", {device},
                         [&](Rows& rows) -> Result<Bytes> {
                           return encode_row_list(TRY(lists.decode(TRY(rows.blob_view(0)))));
                         }));
    if (list) out.push_back(*std::move(list));
  }
  return out;
}

std::optional<Bytes> make_row_dictionary(std::span<const Bytes> samples) {
  return wire::train_zstd_dictionary(samples, kDictionaryBytes);
}

Result<void> add_row_dictionary(Transaction& transaction, ByteView bytes, std::int64_t devices) {
  TRY(
      transaction.run("INSERT INTO row_dictionary (number, devices, bytes) "
                      "SELECT COALESCE(MAX(number), 0) + 1, CAST($1 AS BIGINT), $2 "
                      "FROM row_dictionary",
                      {devices, blob(bytes)}));
  return {};
}

}  // namespace muster::store
