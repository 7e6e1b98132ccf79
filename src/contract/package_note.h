// What a program says of the package that it was built into: the JSON text in its ELF note of type
// FDO (https://systemd.io/ELF_PACKAGE_METADATA), as linkers write it for --package-metadata.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::contract {

inline constexpr std::size_t kPackageNoteLimit = 16u << 10;

// Empty where the note does not say.
struct PackageNote {
  std::string type;  // "deb", "rpm" and others: whose order its versions have
  std::string name;
  std::string version;
};

// The note's text without the zero bytes behind it. Members that are not known are passed over.
// Errors: JSON's own.
Result<PackageNote> decode_package_note(ByteView json);

}  // namespace muster::contract
