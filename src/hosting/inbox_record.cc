#include "hosting/inbox_record.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace muster::hosting {
namespace {
constexpr std::uint8_t kSigned = 1;
constexpr std::uint8_t kAnonymous = 2;
}  // namespace

Bytes encode_inbox_record(const InboxRecord& record) {
  ByteWriter out;
  const bool anonymous = !record.anonymous_from.empty();
  out.u8(anonymous ? kAnonymous : kSigned);
  out.u64(static_cast<std::uint64_t>(record.received.ms));
  out.sized(anonymous ? ByteView(record.anonymous_from) : ByteView(record.certificate_der));
  out.sized(record.envelope);
  return std::move(out).take();
}

Result<InboxRecord> decode_inbox_record(ByteView bytes) {
  ByteReader in(bytes);
  const auto format = TRY(in.u8());
  if (format != kSigned && format != kAnonymous)
    return fail(kBadEncoding, "inbox record of format {}", format);
  InboxRecord record;
  record.received.ms = static_cast<std::int64_t>(TRY(in.u64()));
  (format == kSigned ? record.certificate_der : record.anonymous_from) = TRY(in.sized());
  if (format == kAnonymous && record.anonymous_from.empty())
    return fail(kBadEncoding, "an anonymous inbox record without its address");
  record.envelope = TRY(in.sized());
  if (!in.at_end()) return fail(kBadEncoding, "inbox record with {} bytes more", in.remaining());
  return record;
}

}  // namespace muster::hosting
