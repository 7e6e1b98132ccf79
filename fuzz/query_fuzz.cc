// Any bytes as a query: what parses has one spelling, and resolving it does not fail otherwise than
// with an error.
#include <cstdlib>

#include "model/query/parse.h"
#include "model/query/resolve.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = muster::model::parse_query(text);
  if (!query) return 0;
  const std::string spelt = to_text(*query);
  const auto again = muster::model::parse_query(spelt);
  // The canonical spelling may be longer than what was written, and so over the bound.
  if (spelt.size() <= muster::model::kLongestQuery && !(again && *again == *query)) std::abort();
  (void)muster::model::resolve(*query);
  (void)muster::model::resolve_rule(*query);
  return 0;
}
