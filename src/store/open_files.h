// Content that is being read by many clients stays open between their requests: looking up, opening
// and closing a file costs a twentieth of sending 1 MB of it (bench content.file_1mb).
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "store/content_store.h"

namespace muster::store {

// Any thread.
class OpenFiles {
 public:
  OpenFiles(const ContentStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  struct File {
    std::shared_ptr<const os::Fd> fd;  // shared: read it by offset only
    std::uint64_t size;
  };
  // A file that was removed or set aside may still be given for kKept. Errors: kContentMissing,
  // kContentUnavailable.
  Result<File> open(const ContentHash& hash);

  static constexpr Duration kKept{10'000};
  static constexpr std::size_t kMost = 256;

 private:
  const ContentStore& store_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<ContentHash, File> files_;  // under the mutex, as is
  Duration emptied_{0};                // steady
};

}  // namespace muster::store
