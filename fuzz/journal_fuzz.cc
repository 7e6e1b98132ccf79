// The bytes of a journal segment: what the disk may hold after anything at all.
#include "base/check.h"
#include "store/journal_format.h"

using namespace muster;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input = as_bytes({data, size});
  const auto header = store::decode_segment_header(input);
  if (!header) return 0;
  const ByteView records = input.substr(store::kSegmentHeaderSize);
  const auto good = store::scan_records(records, *header);
  if (!good) return 0;
  MUSTER_CHECK(*good <= records.size());
  // What was called good reads back record by record, and writing it again gives the same bytes.
  Bytes again;
  for (std::uint64_t at = 0; at < *good;) {
    const auto record = store::parse_record(records.substr(at), header->salt, header->base + at);
    MUSTER_CHECK(record.has_value());
    store::append_record(again, header->salt, record->group, header->base + at, record->payload);
    at = record->next - header->base;
  }
  MUSTER_CHECK(again == records.substr(0, *good));
  return 0;
}
