// The failures of documents in contract/: numbers 1440 to 1449.
#pragma once

#include "base/result.h"

namespace muster::contract {

inline constexpr ErrorKind kWrongFormat{
    1440, "wrong-format", "Update the older of the two programs; they speak different versions"};
inline constexpr ErrorKind kBadMember{1441, "bad-member", "Correct the member that the text names"};
inline constexpr ErrorKind kUnknownClass{
    1442, "unknown-class", "Update the site server; it does not know this inventory class"};
inline constexpr ErrorKind kTooMuch{1443, "too-much", "Send less in one document"};

}  // namespace muster::contract
