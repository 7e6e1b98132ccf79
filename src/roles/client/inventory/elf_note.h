// The notes of an ELF file: what a program carries with it about itself (System V ABI, chapter 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "roles/client/inventory/source.h"

namespace muster::client {

inline constexpr std::uint32_t kPackageNoteType = 0xcafe1a7e;  // of the owner "FDO"

// The descriptor of the first note of that owner and type. Nothing for a file that is no ELF file,
// that is damaged or cannot be read, and for one without such a note.
std::optional<Bytes> read_elf_note(const Source& source, std::string_view path,
                                   std::string_view owner, std::uint32_t type);

}  // namespace muster::client
