// All errors of muster by number, from docs/errors.md, which is generated from every errors.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::console {

struct ErrorEntry {
  unsigned number = 0;
  std::string_view name;
  std::string_view folder;
  std::string_view advice;
};

// "M2407" or "2407".
std::optional<ErrorEntry> find_error(std::string_view number);
// "M2407 name (folder): advice".
std::string to_text(const ErrorEntry& entry);
// The first M-number in a text that is an error of ours.
std::optional<ErrorEntry> error_named_in(std::string_view text);

}  // namespace muster::console
