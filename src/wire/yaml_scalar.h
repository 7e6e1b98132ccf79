// What a plain (unquoted) YAML scalar means. Internal to wire/.
#pragma once

#include <string_view>

#include "wire/node.h"

namespace muster::wire {

// A Null, Boolean, Integer, Real or Text node without place. Error kYamlSyntax for a number in a
// spelling that JSON does not have, or that 64 bits do not hold; the text tells which.
Result<Node> plain_scalar(std::string_view text);

}  // namespace muster::wire
