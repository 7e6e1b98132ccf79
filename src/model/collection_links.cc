#include "model/collection_links.h"

#include <fmt/format.h>

#include <set>

namespace muster::model {
namespace {

std::string_view verb_of(Link link) {
  switch (link) {
    case Link::Include:
      return "includes";
    case Link::Exclude:
      return "excludes";
    case Link::LimitedTo:
      break;
  }
  return "is limited to";
}

// One collection on the way from the start.
struct Stop {
  std::string collection;
  std::vector<CollectionLink> links;
  std::size_t next = 0;
};

std::string path_text(const std::vector<Stop>& way) {
  std::string out;
  for (const Stop& stop : way) {
    const CollectionLink& taken = stop.links[stop.next - 1];
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {} {}", stop.collection, verb_of(taken.link), taken.collection);
  }
  return out;
}

}  // namespace

std::vector<CollectionLink> links_of(const Collection& collection) {
  std::vector<CollectionLink> out;
  for (const Rule& rule : collection.rules) {
    if (const auto* include = std::get_if<IncludeRule>(&rule))
      out.push_back({Link::Include, include->collection});
    if (const auto* exclude = std::get_if<ExcludeRule>(&rule))
      out.push_back({Link::Exclude, exclude->collection});
  }
  out.push_back({Link::LimitedTo, collection.limited_to});
  std::erase_if(out, [](const CollectionLink& link) { return link.collection == kAllSystems; });
  return out;
}

Result<std::string> find_cycle(const std::string& start, const LinksOf& links_of) {
  std::set<std::string> seen = {start};
  std::vector<Stop> way;
  way.push_back({start, TRY(links_of(start)), 0});
  while (!way.empty()) {
    Stop& stop = way.back();
    if (stop.next == stop.links.size()) {
      way.pop_back();
      continue;
    }
    const std::string& collection = stop.links[stop.next++].collection;
    if (collection == start) return path_text(way);
    if (!seen.insert(collection).second) continue;
    auto links = TRY(links_of(collection));
    way.push_back({std::string(collection), std::move(links), 0});
  }
  return std::string();
}

}  // namespace muster::model
