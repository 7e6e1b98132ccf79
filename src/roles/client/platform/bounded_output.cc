#include "roles/client/platform/bounded_output.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errors.h"
#include "base/os/file.h"

namespace muster::client {
namespace {

constexpr std::size_t kHeadEnd = 4096;

}  // namespace

Result<BoundedOutput> BoundedOutput::open(const std::filesystem::path& path,
                                          std::uint64_t limit_bytes) {
  os::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return fail(kFileUnwritable, "{}: {}", path.string(), std::strerror(errno));
  return BoundedOutput(std::move(file), path, limit_bytes);
}

void BoundedOutput::add(ByteView bytes) {
  const std::size_t for_head = std::min<std::uint64_t>(bytes.size(), half_ - head_size_);
  if (for_head > 0) {
    const ByteView head = bytes.substr(0, for_head);
    if (file_.valid() && !os::write_all(file_.get(), head, path_)) file_.reset();
    head_size_ += for_head;
    head_end_ += head;
    if (head_end_.size() > kHeadEnd) head_end_.erase(0, head_end_.size() - kHeadEnd);
    bytes.remove_prefix(for_head);
  }
  tail_ += bytes;
  if (tail_.size() <= 2 * half_) return;
  dropped_ += tail_.size() - half_;
  tail_.erase(0, tail_.size() - half_);
}

void BoundedOutput::close() {
  if (tail_.size() > half_) {
    dropped_ += tail_.size() - half_;
    tail_.erase(0, tail_.size() - half_);
  }
  std::string end;
  if (dropped_ > 0) end = fmt::format("\n[{} bytes left out]\n", dropped_);
  end += tail_;
  // A failure leaves a shorter recording; the result does not depend on it.
  if (file_.valid() && !os::write_all(file_.get(), end, path_)) file_.reset();
  file_.reset();
}

std::string BoundedOutput::last(std::size_t size) const {
  const std::string all = head_end_ + tail_;
  return all.size() <= size ? all : all.substr(all.size() - size);
}

}  // namespace muster::client
