#include "roles/client/inventory/file_memory.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/sha256.h"
#include "roles/client/inventory/errors.h"

namespace muster::client {
namespace {

constexpr std::uint32_t kMagic = 0x4d584631;  // "MXF1"
constexpr std::size_t kHashSize = 32;

std::uint64_t number_of(Timestamp time) { return static_cast<std::uint64_t>(time.ms); }

}  // namespace

Result<FileMemory> FileMemory::from_state(ByteView state) {
  const auto damaged = [](std::string_view what) {
    return fail(kBadInventoryState, "the memory of collected files: {}", what);
  };
  if (state.size() < kHashSize) return damaged("it is cut off");
  const ByteView body = state.substr(0, state.size() - kHashSize);
  if (sha256(body) != state.substr(body.size())) return damaged("it has another hash");
  ByteReader in(body);
  if (TRY(in.u32()) != kMagic) return damaged("another file");
  FileMemory out;
  out.day_start_ = Timestamp{static_cast<std::int64_t>(TRY(in.u64()))};
  out.day_bytes_ = TRY(in.u64());
  const std::uint64_t count = TRY(in.varint());
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string path(TRY(in.sized()));
    Sent& each = out.files_[path];
    each.sha256 = Bytes(TRY(in.bytes(kHashSize)));
    each.at = Timestamp{static_cast<std::int64_t>(TRY(in.u64()))};
  }
  if (!in.at_end()) return damaged("bytes behind the end");
  return out;
}

Bytes FileMemory::state() const {
  ByteWriter out;
  out.u32(kMagic);
  out.u64(number_of(day_start_));
  out.u64(day_bytes_);
  out.varint(files_.size());
  for (const auto& [path, each] : files_) {
    out.sized(path);
    out.bytes(each.sha256);
    out.u64(number_of(each.at));
  }
  const Bytes hash = sha256(out.view());
  out.bytes(hash);
  return Bytes(out.view());
}

bool FileMemory::is_wanted(const std::string& path, ByteView sha256, Timestamp now) const {
  const auto known = files_.find(path);
  if (known == files_.end() || known->second.sha256 != sha256) return true;
  // A clock that was set back makes the time of the next one unknown: once more does no harm.
  return now < known->second.at || now - known->second.at >= kConfirmAfter;
}

Timestamp FileMemory::sent_at(const std::string& path) const {
  const auto known = files_.find(path);
  return known == files_.end() ? Timestamp{0} : known->second.at;
}

std::uint64_t FileMemory::left_today(std::uint64_t day_limit, Timestamp now) const {
  if (is_another_day(now)) return day_limit;
  return day_limit > day_bytes_ ? day_limit - day_bytes_ : 0;
}

void FileMemory::sent(const std::string& path, ByteView sha256, std::uint64_t size_bytes,
                      Timestamp now) {
  files_[path] = {Bytes(sha256), now};
  if (is_another_day(now)) {
    day_start_ = now;
    day_bytes_ = 0;
  }
  day_bytes_ += size_bytes;
}

void FileMemory::keep_only(const std::function<bool(const std::string& path)>& wanted) {
  std::erase_if(files_, [&](const auto& each) { return !wanted(each.first); });
}

}  // namespace muster::client
