// Which byte of a number comes first: what byte_reader.h and byte_writer.h are told.
#pragma once

#include <cstdint>

namespace muster {

enum class ByteOrder : std::uint8_t { Big, Little };

}  // namespace muster
