// The signer's memory: the highest version that was signed for each name, durable before it counts.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/os/fd.h"
#include "base/result.h"

namespace muster::trust {

// Epoch and version; documents without epochs have epoch 0.
struct SignedVersion {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  friend auto operator<=>(const SignedVersion&, const SignedVersion&) = default;
};

// One file of lines, one line per group: the first 16 hex digits of its hash, and its records
// " NAME=EPOCH.VERSION". A group is written only when the one before is on disk, so a crash can
// leave only a last line without its end; that group was never answered and is dropped. Any other
// damage stops the signer, for it might forget what it signed.
class VersionLog {
 public:
  // Rewrites the file with one record per name. Errors: kSignerState, kFileUnreadable,
  // kFileUnwritable.
  static Result<VersionLog> open(std::filesystem::path path);

  // Zero when the name was never signed. Names hold no space and no '='.
  SignedVersion last(std::string_view name) const;

  // Notes a version for the next commit; last() tells it at once.
  void note(std::string_view name, SignedVersion version);
  // Returns when all noted versions are on disk. After one failure every later commit fails too,
  // since nobody knows what the disk holds: kSignerState.
  Result<void> commit();

 private:
  using Versions = std::map<std::string, SignedVersion, std::less<>>;
  VersionLog(std::filesystem::path path, Versions versions);
  Result<void> rewrite();
  Result<void> append(std::string_view line);

  std::filesystem::path path_;
  Versions versions_;
  std::vector<std::pair<std::string, SignedVersion>> noted_;
  os::Fd file_;
  std::size_t size_bytes_ = 0;
  std::size_t compact_bytes_ = 0;
  bool broken_ = false;
};

}  // namespace muster::trust
