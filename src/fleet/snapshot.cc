#include "fleet/snapshot.h"

#include <bit>
#include <utility>

#include "base/crc32c.h"
#include "fleet/errors.h"

namespace muster::fleet {
namespace {

static_assert(std::endian::native == std::endian::little);

// To be changed with any of the forms that are written.
constexpr std::string_view kStart = "muster fleet snapshot 1\n";
constexpr std::size_t kPart = std::size_t{1} << 20;
constexpr std::size_t kChecksumBytes = sizeof(std::uint32_t);

}  // namespace

SnapshotWriter::SnapshotWriter(SnapshotSink sink) : sink_(std::move(sink)) {
  buffer_.reserve(2 * kPart);
  put(kStart);
}

void SnapshotWriter::put(ByteView part) {
  buffer_ += part;
  if (buffer_.size() >= kPart) flush();
}

void SnapshotWriter::flush() {
  checksum_ = crc32c(checksum_, buffer_);
  if (state_) state_ = sink_(buffer_);
  buffer_.clear();
}

void SnapshotWriter::number(std::uint64_t value) {
  char out[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = static_cast<char>(value | 0x80);
  out[size++] = static_cast<char>(value);
  put({out, size});
}

void SnapshotWriter::bytes(ByteView value) {
  number(value.size());
  put(value);
}

Result<void> SnapshotWriter::finish() {
  flush();
  buffer_.assign(reinterpret_cast<const char*>(&checksum_), kChecksumBytes);
  if (state_) state_ = sink_(buffer_);
  return state_;
}

Result<SnapshotReader> SnapshotReader::open(ByteView all) {
  if (all.size() < kStart.size() + kChecksumBytes || !all.starts_with(kStart))
    return fail(kBadSnapshot, "{} bytes that do not begin as this version's do", all.size());
  const ByteView rest = all.substr(0, all.size() - kChecksumBytes);
  std::uint32_t checksum = 0;
  std::memcpy(&checksum, rest.data() + rest.size(), kChecksumBytes);
  if (crc32c(0, rest) != checksum)
    return fail(kBadSnapshot, "{} bytes that are not what their checksum says", all.size());
  return SnapshotReader(rest.substr(kStart.size()));
}

std::uint64_t SnapshotReader::number() {
  std::uint64_t out = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return out;
  }
  spoil();
  return 0;
}

ByteView SnapshotReader::bytes() {
  const std::size_t size = count();
  const ByteView out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

}  // namespace muster::fleet
