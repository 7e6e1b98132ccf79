#include "model/query/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/check.h"

namespace muster::model {
namespace {

constexpr std::string_view kComparisons[] = {
    "==",  "!=",   "<",        "<=",        ">",          ">=",          "=~",       "!~",
    "has", "!has", "contains", "!contains", "startswith", "!startswith", "endswith", "!endswith",
    "in",  "!in",  "in~",      "!in~",      "between",    "!between",    "isempty",  "isnotempty"};

constexpr std::string_view kOperators[] = {"where", "project", "distinct", "summarize",
                                           "order", "top",     "take",     "join"};

constexpr std::string_view kLaterOperators[] = {
    "count", "extend",    "union",  "lookup", "render", "evaluate", "filter",        "project-away",
    "parse", "mv-expand", "search", "sample", "let",    "print",    "project-rename"};

constexpr std::string_view kLaterFunctions[] = {
    "startofyear", "endofday",   "endofweek",      "endofmonth",   "endofyear",
    "bin",         "todatetime", "datetime_diff",  "datetime_add", "datetime_part",
    "dayofweek",   "dayofmonth", "make_datetime",  "tolower",      "toupper",
    "strcat",      "totimespan", "format_datetime"};

constexpr std::string_view kComparisonWords[] = {"has", "contains", "startswith", "endswith",
                                                 "in",  "between",  "isempty",    "isnotempty"};

constexpr std::string_view kLaterComparisons[] = {
    "has_cs",      "hasprefix",     "hassuffix",   "has_any", "has_all",
    "contains_cs", "startswith_cs", "endswith_cs", "matches", "like"};

constexpr std::string_view kReserved[] = {"and", "or",       "not", "by",   "asc",  "desc",
                                          "ago", "datetime", "now", "true", "false"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Letters to insert, delete, replace or swap with their neighbour to get from a to b; case costs
// nothing.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i]) == lower(b[j]); };
  for (std::size_t i = 0; i < a.size(); ++i) {
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({last[j] + (same(i, j) ? 0 : 1), row[j] + 1, last[j + 1] + 1});
      if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j))
        row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last.back();
}

}  // namespace

std::string_view word_of(Comparison comparison) {
  const auto index = static_cast<std::size_t>(comparison);
  MUSTER_CHECK(index < std::size(kComparisons));
  return kComparisons[index];
}

std::span<const std::string_view> operator_words() { return kOperators; }
std::span<const std::string_view> later_operator_words() { return kLaterOperators; }
std::span<const std::string_view> later_function_words() { return kLaterFunctions; }
std::span<const std::string_view> comparison_words() { return kComparisonWords; }
std::span<const std::string_view> later_comparison_words() { return kLaterComparisons; }

bool is_reserved_word(std::string_view word) {
  return std::ranges::find(kReserved, word) != std::end(kReserved) ||
         std::ranges::find(kComparisonWords, word) != std::end(kComparisonWords);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  constexpr std::size_t kLongestWord = 64;
  if (word.empty() || word.size() > kLongestWord) return {};
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t edits = distance(word, candidate);
    if (edits < least) {
      least = edits;
      nearest = candidate;
    }
  }
  return nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest);
}

}  // namespace muster::model
