// The failures of model/: numbers 1300 to 1399.
#pragma once

#include "base/result.h"

namespace muster::model {

inline constexpr ErrorKind kBadId{1300, "bad-id", "Use the id as muster printed it"};
inline constexpr ErrorKind kBadName{
    1301, "bad-name", "Use 1 to 63 of a-z, 0-9, '-' and '.', starting with a letter or digit"};
inline constexpr ErrorKind kBadRow{
    1302, "bad-row", "Send values of the types that docs/inventory-classes.md gives the columns"};
inline constexpr ErrorKind kQuerySyntax{1303, "query-syntax",
                                        "Correct the query at the place that the text names"};
inline constexpr ErrorKind kQueryUnknownName{
    1304, "query-unknown-name", "Use a class and columns that docs/inventory-classes.md lists"};
inline constexpr ErrorKind kQueryType{
    1305, "query-type", "Compare each column with a value of its own type, as the text shows"};
inline constexpr ErrorKind kQueryNotYet{
    1306, "query-not-yet", "Write the query with the operators that docs/query-language.md lists"};
inline constexpr ErrorKind kQueryTooLarge{
    1307, "query-too-large", "Split the query, or narrow it with where, summarize or take"};
inline constexpr ErrorKind kBadAddress{
    1308, "bad-address", "Write an address as 10.1.0.5 or 2001:db8::5, without a zone"};
inline constexpr ErrorKind kBadClass{
    1309, "bad-class", "Correct the class or column that the text names in its InventoryClass"};

}  // namespace muster::model
