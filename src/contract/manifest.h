// The manifest of a package's content: every file with its size and hash. Its own hash stands in
// the package's catalogue entry, so an operator has signed all of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace muster::contract {

struct ManifestFile {
  // Relative, with '/', without empty, "." and ".." parts.
  std::string path;
  std::uint64_t size_bytes = 0;
  // 64 hex digits.
  std::string sha256;
  bool executable = false;
  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
  std::string package;
  std::string package_version;
  // Sorted by path, none twice, none below another file.
  std::vector<ManifestFile> files{};

  std::uint64_t total_bytes() const;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

inline constexpr std::size_t kManifestLimit = 32u << 20;

// A manifest that check_manifest() accepts. The bytes are the same for equal manifests.
Bytes encode_manifest(const Manifest& manifest);
// Error: kManifestMalformed.
Result<Manifest> decode_manifest(ByteView document);
// What decode_manifest() also checks. Error: kManifestMalformed, naming the file.
Result<void> check_manifest(const Manifest& manifest);

}  // namespace muster::contract
