// SMBIOS structures (DMTF DSP0134) as /sys/firmware/dmi/tables/DMI holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace muster::client {

struct SmbiosStructure {
  std::uint8_t type = 0;
  ByteView formatted;  // with its header of four bytes
  std::vector<ByteView> strings;

  // Nothing where the structure is too short, as those of older versions are.
  std::optional<std::uint64_t> number(std::size_t offset, std::size_t width) const;
  // The string whose number stands at `offset`, trimmed; empty without one.
  std::string string(std::size_t offset) const;
};

// The structures up to the end, or up to the first one that is cut off or malformed.
std::vector<SmbiosStructure> parse_smbios(ByteView table);

}  // namespace muster::client
