// A program's output on disk within a limit: the beginning as it comes, and the end.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/result.h"

namespace muster::client {

class BoundedOutput {
 public:
  // Half of the limit is for the beginning, half for the end. Error: kFileUnwritable.
  static Result<BoundedOutput> open(const std::filesystem::path& path, std::uint64_t limit_bytes);

  // A full disk ends the recording, not the program.
  void add(ByteView bytes);
  // Writes the end, after a line that says how much lies between.
  void close();

  // The last bytes of all that came.
  std::string last(std::size_t size) const;

 private:
  BoundedOutput(os::Fd file, std::filesystem::path path, std::uint64_t limit)
      : file_(std::move(file)), path_(std::move(path)), half_(limit / 2) {}

  os::Fd file_;
  std::filesystem::path path_;
  std::uint64_t half_;
  std::uint64_t head_size_ = 0;
  std::uint64_t dropped_ = 0;
  std::string tail_;  // never over twice `half_`
  std::string head_end_;
};

}  // namespace muster::client
