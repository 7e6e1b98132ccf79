// The files in which this machine's administrator says how rows of declared classes are made.
#pragma once

#include <filesystem>
#include <vector>

#include "roles/client/inventory/local_classes.h"

namespace muster::client {

inline constexpr std::size_t kMostLocalFiles = 64;

// The InventoryClass objects of the folder's *.yaml files, in order of name; nothing where there is
// no folder. A file that others than root and the client's own user could write, on its way too, is
// left out, and so is one that cannot be read: its error is added.
std::vector<LocalClass> read_local_classes(const std::filesystem::path& folder,
                                           std::vector<Error>& errors);

}  // namespace muster::client
