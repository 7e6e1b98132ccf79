// What applying a set of files would do: `muster apply`, its dry run and `muster diff` ask the
// provider for it. The console packs content and signs; the provider knows all else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "contract/objects/changes.h"
#include "contract/objects/object.h"
#include "contract/problem.h"

namespace muster::contract {

struct PlannedObject {
  AnyObject object;
  std::optional<Bytes> manifest{};  // of a package whose content comes with the files
};

struct PlanRequest {
  std::vector<PlannedObject> objects;
  std::string set;         // empty: none
  bool prune = false;      // objects of the set that are not here are deleted
  bool take_over = false;  // objects of other sets may change to this one
  bool impact = false;     // who will be hit
};
Bytes encode_plan_request(const PlanRequest& request);
// Strict, as objects are. Errors: those of decode_object, wire::NodeFields and check_name.
Result<PlanRequest> decode_plan_request(ByteView json);

enum class PlanAction { Created, Changed, Unchanged, Deleted, Refused };
std::string_view to_text(PlanAction action);  // "created"

struct CountedName {
  std::string name;
  std::uint64_t devices = 0;
};

// Who a created or changed deployment hits.
struct Impact {
  std::uint64_t devices = 0;
  std::vector<CountedName> systems;     // by operating system, most first
  std::vector<CountedName> exclusions;  // by reason
  std::uint64_t offline = 0;            // of `devices`: no contact within offline_after
  Duration offline_after{0};
  std::uint64_t succeeded = 0;  // of `devices`: the deployment succeeded there before
  std::uint64_t bytes_per_device = 0;
  std::uint64_t bytes = 0;          // for all of them
  std::vector<std::string> sample;  // of names
};

struct PlanItem {
  PlanAction action = PlanAction::Unchanged;
  std::string kind;  // "Package"
  std::string name;
  std::int64_t serial = 0;  // of the object that is there; 0 for none
  std::vector<FieldChange> changes{};
  std::optional<Problem> problem{};  // of a refused one
  std::optional<Impact> impact{};
};

// In an order in which they can be applied: what others name comes before them.
Bytes encode_plan(const std::vector<PlanItem>& items);
Result<std::vector<PlanItem>> decode_plan(ByteView json);

}  // namespace muster::contract
