// The files of a journal: opening and repairing them, writing and reading them.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/log.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "store/journal.h"

namespace muster::store {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".segment";
constexpr std::string_view kNewSuffix = ".new";

Failure failed(const ErrorKind& kind, const fs::path& path, const char* what) {
  return fail(kind, "{}: {}: {}", path.string(), what, std::strerror(errno));
}

bool no_space(int error) { return error == ENOSPC || error == EDQUOT; }

// A failed write: the journal is full, or the disk is broken.
Failure write_failed(const fs::path& path, const char* what) {
  return failed(no_space(errno) ? kJournalFull : kJournalFailed, path, what);
}

std::optional<JournalPosition> base_of(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.size() != 16 + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  JournalPosition base = 0;
  for (const char c : name.substr(0, 16)) {
    const auto digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    base = base * 16 + digit;
  }
  return base;
}

Result<std::vector<JournalPosition>> list_segments(const fs::path& folder) {
  std::vector<JournalPosition> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (const auto base = base_of(it->path())) out.push_back(*base);
    // Left by a crash while a segment was being made.
    if (it->path().extension() == kNewSuffix) ::unlink(it->path().c_str());
  }
  if (error) return fail(kJournalUnavailable, "{}: list: {}", folder.string(), error.message());
  std::sort(out.begin(), out.end());
  return out;
}

Result<Bytes> read_at(int fd, std::uint64_t offset, std::size_t size, const fs::path& path) {
  Bytes out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got =
        ::pread(fd, out.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(kJournalUnavailable, path, "read");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  out.resize(done);
  return out;
}

}  // namespace

JournalDisk JournalDisk::real() {
  return {[](int fd) { return ::fdatasync(fd); },
          [](int fd, std::uint64_t offset, std::uint64_t size) {
            // The size stays, so that the end of the file is the end of what was written.
            return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                               static_cast<off_t>(size));
          },
          [] { return os::SystemRandom().u64(); }};
}

Result<void> Journal::load() {
  TRY(os::make_private_folder(folder_));
  lock_file_ = TRY(os::lock_file(folder_ / "lock"));
  const std::vector<JournalPosition> bases = TRY(list_segments(folder_));
  for (std::size_t i = 0; i < bases.size(); ++i) {
    const bool last = i + 1 == bases.size();
    Segment segment{{bases[i], 0}, last ? bases[i] : bases[i + 1]};
    const fs::path path = segment_path(bases[i]);
    const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd.valid()) return failed(kJournalUnavailable, path, "open");
    const Bytes head = TRY(read_at(fd.get(), 0, kSegmentHeaderSize, path));
    segment.header = TRY_IN(decode_segment_header(head), "{}", path.string());
    if (segment.header.base != bases[i])
      return fail(kJournalCorrupt, "{}: holds the records from {:016x} on", path.string(),
                  segment.header.base);
    if (last)
      TRY(load_last(segment));
    else
      TRY(check_sealed(segment));
    segments_.push_back(segment);
  }
  if (segments_.empty()) segments_.push_back(TRY(create_segment(0)));
  queued_end_ = segments_.back().end;
  return {};
}

Result<void> Journal::check_sealed(const Segment& segment) const {
  const fs::path path = segment_path(segment.header.base);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return failed(kJournalUnavailable, path, "stat");
  const std::uint64_t wanted = kSegmentHeaderSize + segment.end - segment.header.base;
  // A torn tail can be followed by a segment only when the file was changed from outside.
  if (static_cast<std::uint64_t>(info.st_size) != wanted)
    return fail(kJournalCorrupt, "{}: ends at offset {}, {} is where the next segment begins",
                path.string(), info.st_size, wanted);
  return {};
}

Result<void> Journal::load_last(Segment& segment) {
  const fs::path path = segment_path(segment.header.base);
  active_ = os::Fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!active_.valid()) return failed(kJournalUnavailable, path, "open");
  struct stat info {};
  if (::fstat(active_.get(), &info) != 0) return failed(kJournalUnavailable, path, "stat");
  // After a failed fsync the page cache shows what the disk may not have.
  ::posix_fadvise(active_.get(), 0, 0, POSIX_FADV_DONTNEED);
  const Bytes records =
      TRY(read_at(active_.get(), kSegmentHeaderSize,
                  static_cast<std::size_t>(info.st_size) - kSegmentHeaderSize, path));
  const std::uint64_t good = TRY_IN(scan_records(records, segment.header), "{}", path.string());
  segment.end = segment.header.base + good;
  repaired_bytes_ = records.size() - good;
  if (repaired_bytes_ > 0) {
    log::warning("store.journal.repaired",
                 "An unfinished tail was cut off; nothing in it was acknowledged",
                 {{"file", path.string()},
                  {"offset", kSegmentHeaderSize + good},
                  {"bytes", repaired_bytes_}});
    if (::ftruncate(active_.get(), static_cast<off_t>(kSegmentHeaderSize + good)) != 0)
      return failed(kJournalUnavailable, path, "truncate");
  }
  // What is read from here on must stay readable, whether or not it was synced before the crash.
  if (disk_.sync(active_.get()) != 0) return failed(kJournalUnavailable, path, "fsync");
  // Without the reserve, a full disk shows at a write instead.
  disk_.reserve(active_.get(), 0, kSegmentHeaderSize + options_.segment_bytes);
  return {};
}

Result<Journal::Segment> Journal::create_segment(JournalPosition base) {
  const Segment segment{{base, disk_.salt()}, base};
  const fs::path path = segment_path(base);
  const fs::path aside = fs::path(path).concat(kNewSuffix);
  os::Fd fd(::open(aside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return write_failed(aside, "create");
  const auto made = [&]() -> Result<void> {
    if (disk_.reserve(fd.get(), 0, kSegmentHeaderSize + options_.segment_bytes) != 0 &&
        no_space(errno))
      return write_failed(aside, "reserve");
    const Bytes head = encode_segment_header(segment.header);
    if (::pwrite(fd.get(), head.data(), head.size(), 0) != static_cast<ssize_t>(head.size()))
      return write_failed(aside, "write");
    if (disk_.sync(fd.get()) != 0) return failed(kJournalFailed, aside, "fsync");
    if (::rename(aside.c_str(), path.c_str()) != 0) return write_failed(path, "rename");
    if (auto synced = os::sync_folder(folder_); !synced)
      return fail(kJournalFailed, "{}", synced.error().detail());
    return {};
  }();
  if (!made) {
    ::unlink(aside.c_str());
    return fail(made.error());
  }
  active_ = std::move(fd);
  return segment;
}

Result<void> Journal::write_group(Segment& segment, bool& rolled, const Group& group) {
  const std::uint64_t used = segment.end - segment.header.base;
  if (used > 0 && used + group.size > options_.segment_bytes) {
    // Gives back what was reserved behind the end, and settles the length that open() will check.
    if (::ftruncate(active_.get(), static_cast<off_t>(kSegmentHeaderSize + used)) != 0 ||
        disk_.sync(active_.get()) != 0)
      return failed(kJournalFailed, segment_path(segment.header.base), "seal");
    segment = TRY(create_segment(segment.end));
    rolled = true;
  }
  return write_records(segment, group);
}

Result<void> Journal::write_records(const Segment& segment, const Group& group) {
  Bytes bytes;
  bytes.reserve(group.size);
  for (const auto& [position, payload] : group.records)
    append_record(bytes, segment.header.salt, group.start, position, payload);
  MUSTER_CHECK(bytes.size() == group.size);

  const fs::path path = segment_path(segment.header.base);
  const auto start = static_cast<off_t>(kSegmentHeaderSize + segment.end - segment.header.base);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written = ::pwrite(active_.get(), bytes.data() + done, bytes.size() - done,
                                     start + static_cast<off_t>(done));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      Failure failure = write_failed(path, "write");
      if (failure.value().is(kJournalFull) && ::ftruncate(active_.get(), start) != 0)
        return failed(kJournalFailed, path, "truncate");
      return failure;
    }
    done += static_cast<std::size_t>(written);
  }
  // Never tried again: the kernel may have dropped the pages that it could not write, and a
  // second fsync would say that all is well.
  if (disk_.sync(active_.get()) != 0) return failed(kJournalFailed, path, "fsync");
  return {};
}

Result<void> Journal::read_segment(const Segment& segment, JournalPosition from,
                                   std::size_t most_bytes, std::vector<JournalRecord>& out) const {
  const fs::path path = segment_path(segment.header.base);
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() && errno == ENOENT && from < begin())
    return fail(kBadPosition, "{}: {} was trimmed", folder_.string(), from);
  if (!fd.valid()) return failed(kJournalUnavailable, path, "open");
  const auto offset = [&](JournalPosition p) {
    return kSegmentHeaderSize + p - segment.header.base;
  };
  const auto part = [&](std::uint64_t size) {
    return read_at(fd.get(), offset(from),
                   static_cast<std::size_t>(std::min(size, segment.end - from)), path);
  };
  Bytes bytes = TRY(part(std::max<std::uint64_t>(most_bytes, 65536)));
  if (const auto size = claimed_size(bytes, segment.header.salt, from);
      size && *size > bytes.size())
    bytes = TRY(part(*size));

  std::size_t at = 0;
  std::size_t taken = 0;
  while (at < bytes.size() && (at == 0 || taken < most_bytes)) {
    const auto record = parse_record(ByteView(bytes).substr(at), segment.header.salt, from + at);
    if (!record) {
      // The part that was read may end within a record; the first one is whole.
      const bool cut = at > 0 && from + bytes.size() < segment.end;
      if (cut) break;
      return fail(kJournalCorrupt, "{}: the record at offset {} is damaged", path.string(),
                  offset(from + at));
    }
    taken += record->payload.size();
    out.push_back({from + at, record->next, Bytes(record->payload)});
    at = record->next - from;
  }
  return {};
}

}  // namespace muster::store
