// The message with copies of a client's files that operators asked for. Body of an envelope of type
// "collected-files"; docs/protocols/collected-files.md.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::contract {

inline constexpr std::size_t kMostCollectedFiles = 100;
inline constexpr std::size_t kMostCollectedBytes = 4u << 20;  // of all contents

struct CollectedFile {
  std::string collection{};  // the object's name
  std::string path{};
  Timestamp modified{};
  Bytes content{};
  friend bool operator==(const CollectedFile&, const CollectedFile&) = default;
};

struct CollectedFiles {
  Timestamp collected{};
  std::vector<CollectedFile> files{};
};

Bytes encode_collected_files(const CollectedFiles& report);
// Strict: paths are such as clients collect, no path comes twice, and each content has the hash
// that stands beside it. Errors: kBadMember, kTooMuch and JSON's own.
Result<CollectedFiles> decode_collected_files(ByteView json);

}  // namespace muster::contract
