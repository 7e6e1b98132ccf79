// What stands inside literals, to values and back. Errors are sentences for parse.cc, which knows
// the position.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/query/ast.h"

namespace muster::model {

// Without its quotes; nothing where an escape is unknown.
std::optional<std::string> unescape_text(std::string_view inside);
// @"..." without its quotes: a quote is doubled.
std::string unescape_verbatim(std::string_view inside, char quote);

// "2026-01-31", with "T12:00", ":30", ".5" and "Z" as far as wanted; always UTC.
std::optional<Timestamp> parse_query_time(std::string_view text);
// "7d", "12h", "30m", "10s", "500ms"; at most 100 years.
std::optional<Duration> parse_query_duration(std::string_view text);

// The spelling of a literal that to_text(Query) uses.
std::string to_text(const Literal& literal);

}  // namespace muster::model
