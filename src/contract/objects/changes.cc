#include "contract/objects/changes.h"

#include <algorithm>

#include "wire/field_path.h"

namespace muster::contract {
namespace {

using wire::Node;

void compare(const Node& before, const Node& after, const std::string& path,
             std::vector<FieldChange>& out) {
  if (before == after) return;
  if (before.kind == Node::Kind::Mapping && after.kind == Node::Kind::Mapping) {
    for (const auto& member : after.members) {
      const std::string at = wire::field_path(path, member.key);
      if (const Node* old = before.find(member.key)) {
        compare(*old, member.value, at, out);
      } else {
        out.push_back({at, "", wire::node_to_json(member.value)});
      }
    }
    for (const auto& member : before.members)
      if (!after.find(member.key))
        out.push_back({wire::field_path(path, member.key), wire::node_to_json(member.value), ""});
    return;
  }
  if (before.kind == Node::Kind::Sequence && after.kind == Node::Kind::Sequence) {
    const std::size_t longest = std::max(before.items.size(), after.items.size());
    for (std::size_t i = 0; i < longest; ++i) {
      const std::string at = fmt::format("{}[{}]", path, i);
      if (i >= before.items.size()) {
        out.push_back({at, "", wire::node_to_json(after.items[i])});
      } else if (i >= after.items.size()) {
        out.push_back({at, wire::node_to_json(before.items[i]), ""});
      } else {
        compare(before.items[i], after.items[i], at, out);
      }
    }
    return;
  }
  out.push_back({path, wire::node_to_json(before), wire::node_to_json(after)});
}

}  // namespace

std::vector<FieldChange> field_changes(const Node& before, const Node& after,
                                       const std::string& path) {
  std::vector<FieldChange> out;
  compare(before, after, path, out);
  return out;
}

}  // namespace muster::contract
