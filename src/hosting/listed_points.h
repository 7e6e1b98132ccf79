// The management points of a site as its setting `management_points` lists them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "contract/public_documents.h"

namespace muster::hosting {

struct ListedPoint {
  contract::ManagementPoint point;
  std::vector<std::string> boundaries;  // whose clients take it first
};

// "https://a:443 http://a:80 priority 1 boundary office boundary lab, https://b:443 priority 2".
// Error: kBadConfiguration.
Result<std::vector<ListedPoint>> parse_listed_points(std::string_view text);

// For a client of that boundary (empty: of none known): first those that name it, then those that
// name none, then the others; each by priority.
std::vector<std::string> ordered_points(std::vector<ListedPoint> points, std::string_view boundary);

}  // namespace muster::hosting
