#include "roles/client/platform/execution_log.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/errors.h"
#include "base/os/file.h"

namespace muster::client {
namespace {

Result<void> replace_with(const std::filesystem::path& path,
                          const std::vector<ExecutionRecord>& records) {
  Bytes all;
  for (const ExecutionRecord& record : records) all += encode_record(record);
  return os::replace_file(path, all, os::FileMode::Private);
}

}  // namespace

Result<ExecutionLog::Opened> ExecutionLog::open(const std::filesystem::path& path,
                                                std::size_t compact_bytes) {
  TRY(os::make_private_folder(path.parent_path()));
  os::Fd lock = TRY(os::lock_file(std::filesystem::path(path).concat(".lock")));
  std::error_code error;
  if (!std::filesystem::exists(path, error)) TRY(os::replace_file(path, "", os::FileMode::Private));
  const Bytes content = TRY(os::read_file(path, kLargestLog));
  LogReplay replay = TRY_IN(replay_log(content), "{}", path.string());
  if (replay.good_bytes > compact_bytes) {
    replay.records = compact_records(replay.records);
    TRY(replace_with(path, replay.records));
    replay.good_bytes = std::filesystem::file_size(path, error);
  }
  os::Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.valid() || ::ftruncate(file.get(), static_cast<off_t>(replay.good_bytes)) != 0 ||
      ::fsync(file.get()) != 0)
    return fail(kFileUnwritable, "{}: {}", path.string(), std::strerror(errno));
  return Opened{ExecutionLog(path, std::move(lock), std::move(file), replay.good_bytes),
                std::move(replay.records)};
}

Result<void> ExecutionLog::append(const ExecutionRecord& record) {
  const Bytes bytes = encode_record(record);
  const auto appended = [&]() -> Result<void> {
    if (good_bytes_ + bytes.size() > kLargestLog)
      return fail(kFileUnwritable, "{}: over {} bytes", path_.string(), kLargestLog);
    if (::lseek(file_.get(), static_cast<off_t>(good_bytes_), SEEK_SET) < 0)
      return fail(kFileUnwritable, "{}: seek: {}", path_.string(), std::strerror(errno));
    TRY(os::write_all(file_.get(), bytes, path_));
    if (::fdatasync(file_.get()) != 0)
      return fail(kFileUnwritable, "{}: fsync: {}", path_.string(), std::strerror(errno));
    return {};
  }();
  if (!appended) {
    // Where even this fails, the next append starts at the same place and overwrites the rest.
    if (::ftruncate(file_.get(), static_cast<off_t>(good_bytes_)) != 0) return appended;
    return appended;
  }
  good_bytes_ += bytes.size();
  return {};
}

}  // namespace muster::client
