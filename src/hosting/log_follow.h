// Reads log files as they grow, for the console and the client alike, over rotation: FILE becomes
// FILE.1 and a new FILE begins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/os/fd.h"
#include "base/result.h"

namespace muster::hosting {

class LogFollower {
 public:
  // Also what was rotated away to `path`.1, as the beginning.
  explicit LogFollower(std::string path) : path_(std::move(path)) {}

  // The whole lines that came since the last call. Nothing is lost while the file is rotated at
  // most once between two calls. A file that is not there yet has no lines.
  Result<std::vector<std::string>> poll();
  // What stands behind the last newline.
  std::string take_rest();
  const std::string& path() const { return path_; }

 private:
  Result<void> read_to_end(std::vector<std::string>& lines);
  void end_line(std::vector<std::string>& lines);
  Result<void> move_to(const std::string& path, std::vector<std::string>& lines);
  void open_again(const std::string& path);
  bool is_current(const std::string& path) const;

  std::string path_;
  os::Fd fd_;
  std::uint64_t device_ = 0, inode_ = 0;
  std::uint64_t offset_ = 0;
  std::string partial_;
};

}  // namespace muster::hosting
