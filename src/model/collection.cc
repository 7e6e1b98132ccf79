#include "model/collection.h"

#include <algorithm>

#include "base/utf8.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Result<void> check_device_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 253 && is_letter_or_digit(name[0]) &&
                    std::ranges::all_of(name, [](char c) {
                      return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
                    });
  if (!good)
    return fail(kBadCollection, "'{}' is no device name: letters, digits and -._ are wanted",
                name.substr(0, 80));
  return {};
}

Result<void> check_query_text(std::string_view query) {
  if (query.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return fail(kBadCollection, "the query is empty");
  if (query.size() > kLongestRuleQuery)
    return fail(kBadCollection, "the query has {} bytes, {} are allowed", query.size(),
                kLongestRuleQuery);
  if (!is_utf8(query)) return fail(kBadCollection, "the query is no UTF-8 text");
  return {};
}

Result<void> check_names(const Collection& collection) {
  if (collection.name == kAllSystems)
    return fail(kBadCollection, "{} is built in and cannot be defined", kAllSystems);
  if (collection.name == collection.limited_to)
    return fail(kBadCollection, "{} is limited to itself", collection.name);
  for (const Rule& rule : collection.rules) {
    const auto* include = std::get_if<IncludeRule>(&rule);
    const auto* exclude = std::get_if<ExcludeRule>(&rule);
    if (include != nullptr && include->collection == collection.name)
      return fail(kBadCollection, "{} includes itself", collection.name);
    if (exclude != nullptr && exclude->collection == collection.name)
      return fail(kBadCollection, "{} excludes itself", collection.name);
  }
  return {};
}

}  // namespace muster::model
