// os-release(5), which several collectors read.
#pragma once

#include <map>
#include <string>

#include "roles/client/inventory/source.h"
#include "roles/client/inventory/text.h"

namespace muster::client {

using Assignments = std::map<std::string, std::string, std::less<>>;

// /etc/os-release, or /usr/lib/os-release; empty where there is neither.
inline Assignments read_os_release(const Source& source) {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"})
    if (const auto text = source.read(path)) return parse_assignments(*text);
  return {};
}

inline std::string value_or_empty(const Assignments& all, std::string_view name) {
  const auto it = all.find(name);
  return it == all.end() ? std::string() : it->second;
}

}  // namespace muster::client
