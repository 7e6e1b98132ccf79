// What comes after what, and the ways that lead back to where they began.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::model {

// What `name` comes after.
using Before = std::function<Result<std::vector<std::string>>(const std::string& name)>;

// "a VERB b, b VERB a" where the way leads from `start` back to it, else empty. `before` is asked
// once for each name on the way. Errors: those of `before`.
Result<std::string> find_order_cycle(const std::string& start, std::string_view verb,
                                     const Before& before);

}  // namespace muster::model
