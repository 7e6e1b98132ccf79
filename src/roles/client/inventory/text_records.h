// Text that a declared class is made from, read into records: what stands in each field that a
// column comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/declared_class.h"

namespace muster::client {

// One text per column of the class, absent where the text does not have the field.
using Record = std::vector<std::optional<std::string>>;

inline constexpr std::size_t kMostDeclaredRows = 10'000;

// `file` is the path that was read, empty for a command's output. Adds to `out`. Errors:
// kTextForm for text that does not have the form; kTooManyDeclaredRows.
Result<void> read_records(const model::DeclaredClass& declared, ByteView text,
                          std::string_view file, std::vector<Record>& out);

}  // namespace muster::client
