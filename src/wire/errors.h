// The failures of wire/: numbers 1100 to 1199.
#pragma once

#include "base/result.h"

namespace muster::wire {

inline constexpr ErrorKind kJsonSyntax{1100, "json-syntax", "Send well-formed JSON in UTF-8"};
inline constexpr ErrorKind kJsonMissing{1101, "json-missing", "Add the member that the text names"};
inline constexpr ErrorKind kJsonKind{1102, "json-kind",
                                     "Give the member a value of the kind that the text names"};
inline constexpr ErrorKind kJsonLimit{1103, "json-limit",
                                      "Make the document smaller or less deeply nested"};
inline constexpr ErrorKind kJsonNotCanonical{1104, "json-not-canonical",
                                             "Use whole numbers only in signed documents"};
inline constexpr ErrorKind kYamlSyntax{
    1110, "yaml-syntax", "Correct the file at the line and column that the text names"};
inline constexpr ErrorKind kYamlLimit{1111, "yaml-limit",
                                      "Split the file, or remove aliases and nesting"};
inline constexpr ErrorKind kZstdBad{1120, "zstd-bad", "Send one whole zstd frame"};
inline constexpr ErrorKind kZstdLimit{1121, "zstd-limit",
                                      "Send less: the text names the limit of the unpacked size"};
inline constexpr ErrorKind kFieldMissing{1130, "field-missing", "Add the key that the text names"};
inline constexpr ErrorKind kFieldKind{1131, "field-kind",
                                      "Give the key a value of the kind that the text names"};
inline constexpr ErrorKind kFieldUnknown{1132, "field-unknown",
                                         "Correct the key's spelling or place, or remove it"};
inline constexpr ErrorKind kRpcSyntax{
    1140, "rpc-syntax", "Send DCE/RPC as docs/protocols/rpc.md says; the text names the part"};
inline constexpr ErrorKind kRpcVersion{1141, "rpc-version", "Speak version 5 of DCE/RPC"};
inline constexpr ErrorKind kRpcLimit{1142, "rpc-limit",
                                     "Send less in one call: the text names the limit"};

}  // namespace muster::wire
