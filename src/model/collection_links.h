// How collections name one another, and the ways that come back to where they began.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/collection.h"

namespace muster::model {

enum class Link { Include, Exclude, LimitedTo };

// What a collection names, by whatever the caller knows collections by.
struct CollectionLink {
  Link link;
  std::string collection;
  friend bool operator==(const CollectionLink&, const CollectionLink&) = default;
};

// By name, all-systems left out: it names nothing and is never gone.
std::vector<CollectionLink> links_of(const Collection& collection);

using LinksOf = std::function<Result<std::vector<CollectionLink>>(const std::string& collection)>;

// "a includes b, b excludes c, c is limited to a" where links lead from `start` back to it, else
// empty. links_of is asked once for each collection on the way. Errors: those of links_of.
Result<std::string> find_cycle(const std::string& start, const LinksOf& links_of);

}  // namespace muster::model
