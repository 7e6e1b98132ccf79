// Which files of its clients a site keeps copies of: the object FileCollection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace muster::model {

inline constexpr std::size_t kMostFilePatterns = 32;
inline constexpr std::uint64_t kDefaultFileLimit = 64u << 10;
inline constexpr std::uint64_t kMostFileLimit = 1u << 20;
inline constexpr Duration kLeastFileInterval = std::chrono::hours(1);
inline constexpr Duration kMostFileInterval = std::chrono::hours(24 * 30);
inline constexpr Duration kDefaultFileInterval = std::chrono::hours(24 * 7);

struct FileCollection {
  std::string name{};
  std::vector<std::string> paths{};  // patterns
  std::uint64_t file_limit = kDefaultFileLimit;
  Duration interval = kDefaultFileInterval;
  // Without it only files that every user of the machine may read are collected; with it each path
  // names one file.
  bool restricted = false;
  friend bool operator==(const FileCollection&, const FileCollection&) = default;
};

// Errors: kBadFileCollection and kBadPath, naming what is wrong.
Result<void> check_file_collection(const FileCollection& collection);

// Whether one of its patterns describes the path, as clients look for files.
bool names_file(const FileCollection& collection, std::string_view path);

// An absolute path of plain parts: at most 1024 bytes of UTF-8 without control characters.
bool is_collected_path(std::string_view path);

}  // namespace muster::model
