#include "hosting/inbox_record.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace muster::hosting {
namespace {
constexpr std::uint8_t kFormat = 1;
}

Bytes encode_inbox_record(const InboxRecord& record) {
  ByteWriter out;
  out.u8(kFormat);
  out.u64(static_cast<std::uint64_t>(record.received.ms));
  out.sized(record.certificate_der);
  out.sized(record.envelope);
  return std::move(out).take();
}

Result<InboxRecord> decode_inbox_record(ByteView bytes) {
  ByteReader in(bytes);
  if (const auto format = TRY(in.u8()); format != kFormat)
    return fail(kBadEncoding, "inbox record of format {}", format);
  InboxRecord record;
  record.received.ms = static_cast<std::int64_t>(TRY(in.u64()));
  record.certificate_der = TRY(in.sized());
  record.envelope = TRY(in.sized());
  if (!in.at_end()) return fail(kBadEncoding, "inbox record with {} bytes more", in.remaining());
  return record;
}

}  // namespace muster::hosting
