// Packets of real peers, as text: tests/wire/rpc/golden/NAME.hex, whose first lines say which peer
// sent them and how they were caught.
#pragma once

#include <fstream>
#include <string>

#include "base/bytes.h"

namespace muster::wire::rpc::test {

inline Bytes golden(const std::string& name) {
  std::ifstream file(std::string(MUSTER_SOURCE_DIR "/tests/wire/rpc/golden/") + name + ".hex");
  std::string digits;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with('#')) continue;
    for (const char c : line)
      if (c != ' ') digits += c;
  }
  return from_hex(digits).value();
}

}  // namespace muster::wire::rpc::test
