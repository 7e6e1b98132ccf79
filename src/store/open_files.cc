#include "store/open_files.h"

namespace muster::store {

Result<OpenFiles::File> OpenFiles::open(const ContentHash& hash) {
  const std::lock_guard lock(mutex_);
  // All at once, so that no file outlives its time however often it is asked for.
  if (const Duration now = clock_.steady(); now - emptied_ >= kKept || files_.size() >= kMost) {
    files_.clear();
    emptied_ = now;
  }
  if (const auto found = files_.find(hash); found != files_.end()) return found->second;
  OpenContent content = TRY(store_.open(hash));
  const File file{std::make_shared<const os::Fd>(std::move(content.fd)), content.size};
  files_.emplace(hash, file);
  return file;
}

}  // namespace muster::store
