// A file as memory, for reading: pages come from the disk as they are looked at.
#pragma once

#include <filesystem>

#include "base/bytes.h"

namespace muster::os {

class MappedFile {
 public:
  // Error: kFileUnreadable.
  static Result<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  // Nobody may shorten the file meanwhile.
  ByteView view() const { return {static_cast<const char*>(start_), size_}; }

 private:
  MappedFile(void* start, std::size_t size) : start_(start), size_(size) {}

  void* start_;
  std::size_t size_;
};

}  // namespace muster::os
