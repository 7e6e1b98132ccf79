// The frame of signed documents: what is taken is written back byte by byte.
#include <cstdint>

#include "base/check.h"
#include "contract/signed_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const muster::ByteView text(reinterpret_cast<const char*>(data), size);
  const auto document = muster::contract::parse_signed_document(text, 1u << 16);
  if (document) MUSTER_CHECK(muster::contract::frame_signed_document(*document) == text);
  return 0;
}
