#include "store/journal_format.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/crc32c.h"

namespace muster::store {
namespace {

constexpr ByteView kMagic = "musterJ1";

struct RecordHeader {
  std::uint32_t length;
  std::uint32_t checksum;
  std::uint64_t place;  // position XOR salt
  std::uint32_t back;   // from the position to the group's
};

std::optional<RecordHeader> read_header(ByteView bytes) {
  if (bytes.size() < kRecordHeaderSize) return std::nullopt;
  ByteReader in(bytes);
  return RecordHeader{*in.u32(), *in.u32(), *in.u64(), *in.u32()};
}

std::uint32_t checksum_of(const RecordHeader& header, ByteView payload) {
  ByteWriter covered;
  covered.u32(header.length);
  covered.u64(header.place);
  covered.u32(header.back);
  return crc32c(crc32c(0, covered.view()), payload);
}

// The offset of a record that was written after the one at `damaged` had become durable.
std::optional<std::uint64_t> later_group(ByteView records, const SegmentHeader& header,
                                         std::uint64_t damaged) {
  for (std::uint64_t at = damaged + 1; at + kRecordHeaderSize <= records.size(); ++at) {
    const JournalPosition position = header.base + at;
    const auto record = parse_record(records.substr(at), header.salt, position);
    if (record && record->group > header.base + damaged) return at;
  }
  return std::nullopt;
}

}  // namespace

Bytes encode_segment_header(const SegmentHeader& header) {
  ByteWriter out;
  out.bytes(kMagic);
  out.u64(header.base);
  out.u64(header.salt);
  out.u32(0);
  out.u32(crc32c(0, out.view()));
  return std::move(out).take();
}

Result<SegmentHeader> decode_segment_header(ByteView bytes) {
  if (bytes.size() < kSegmentHeaderSize)
    return fail(kJournalCorrupt, "a segment header of {} bytes", bytes.size());
  ByteReader in(bytes);
  if (*in.bytes(kMagic.size()) != kMagic)
    return fail(kJournalCorrupt, "this is no segment of a journal");
  const SegmentHeader header{*in.u64(), *in.u64()};
  const std::uint32_t reserved = *in.u32();
  if (*in.u32() != crc32c(0, bytes.substr(0, kSegmentHeaderSize - 4)) || reserved != 0)
    return fail(kJournalCorrupt, "the segment header is damaged");
  return header;
}

void append_record(Bytes& out, std::uint64_t salt, JournalPosition group, JournalPosition position,
                   ByteView payload) {
  RecordHeader header{static_cast<std::uint32_t>(payload.size()), 0, position ^ salt,
                      static_cast<std::uint32_t>(position - group)};
  header.checksum = checksum_of(header, payload);
  ByteWriter bytes;
  bytes.u32(header.length);
  bytes.u32(header.checksum);
  bytes.u64(header.place);
  bytes.u32(header.back);
  out += bytes.view();
  out += payload;
}

std::optional<std::uint64_t> claimed_size(ByteView bytes, std::uint64_t salt,
                                          JournalPosition position) {
  const auto header = read_header(bytes);
  if (!header || (header->place ^ salt) != position || header->back > position) return std::nullopt;
  return kRecordHeaderSize + std::uint64_t{header->length};
}

std::optional<ParsedRecord> parse_record(ByteView bytes, std::uint64_t salt,
                                         JournalPosition position) {
  const auto size = claimed_size(bytes, salt, position);
  if (!size || *size > bytes.size()) return std::nullopt;
  const RecordHeader header = *read_header(bytes);
  const ByteView payload = bytes.substr(kRecordHeaderSize, header.length);
  if (checksum_of(header, payload) != header.checksum) return std::nullopt;
  return ParsedRecord{position - header.back, position + *size, payload};
}

Result<std::uint64_t> scan_records(ByteView records, const SegmentHeader& header) {
  std::uint64_t at = 0;
  while (at < records.size()) {
    const auto record = parse_record(records.substr(at), header.salt, header.base + at);
    if (!record) {
      if (const auto later = later_group(records, header, at))
        return fail(kJournalCorrupt, "the record at offset {} is damaged, that at {} is later",
                    kSegmentHeaderSize + at, kSegmentHeaderSize + *later);
      break;
    }
    at = record->next - header.base;
  }
  return at;
}

}  // namespace muster::store
