// The path under which errors and differences speak of a field: "spec.programs".
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace muster::wire {

inline std::string field_path(const std::string& parent, std::string_view key) {
  return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
}

}  // namespace muster::wire
