// What every engine can keep as a text.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/utf8.h"
#include "store/errors.h"

namespace muster::store {

// PostgreSQL refuses these two where SQLite does not, and a site may move from one to the other.
inline Result<void> check_storable(std::string_view text, std::size_t placeholder) {
  if (text.find('\0') != std::string_view::npos)
    return fail(kUnstorableText, "${} holds a NUL", placeholder);
  if (!is_utf8(text)) return fail(kUnstorableText, "${} is not UTF-8", placeholder);
  return {};
}

}  // namespace muster::store
