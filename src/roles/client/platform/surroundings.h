// What this machine is and has, for programs' requirements.
#pragma once

#include "roles/client/software/requirements.h"

namespace muster::client {

// The system of os-release(5), the processor that the kernel names, the free space of `disk`'s
// file system. What cannot be read is empty or nothing.
Surroundings look_around(const std::string& disk = "/");

}  // namespace muster::client
