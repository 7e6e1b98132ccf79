// What a program wants of the machine before it may start, held against what the machine is.
#pragma once

#include <cstdint>
#include <string>

#include "model/package.h"

namespace muster::client {

struct Surroundings {
  model::Platform platform;           // what this machine is
  std::uint64_t free_disk_bytes = 0;  // where programs install to
};

// What is not met, for people; empty where all is.
std::string unmet_requirement(const model::Program& program, const Surroundings& here);

}  // namespace muster::client
