// Sizes in bytes as people write them: "5 GB", "64 MiB", "512".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster {

// A whole number, then nothing or B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB
// (powers of 1024), with or without one blank. Error: kBadEncoding.
Result<std::uint64_t> parse_size(std::string_view text);

// The form with the largest unit that divides the size: "5 GB", "64 MiB", "1500 B".
std::string to_text_size(std::uint64_t size_bytes);

}  // namespace muster
