// From what a file says to what the site keeps, and back: moments for "now", ids for the names of
// devices, the set of files that an object belongs to.
#pragma once

#include "contract/objects/object.h"
#include "store/site/objects.h"

namespace muster::provider {

// "now" becomes a moment when a deployment is created and keeps it in later updates that say "now";
// devices become ids. `before` is the object of this name, if there is one.
// Errors: those of named_device(), model's kBadDeployment.
Result<void> resolve_object(store::Reader& reader, contract::AnyObject& object,
                            const std::optional<store::Object>& before, Timestamp now);

// As the interface shows it: devices by name where the name is theirs alone, else by id.
Result<contract::AnyObject> shown_object(store::Reader& reader, const store::Object& object);

// Whether files may move an object from the set `before`. Error: contract's kObjectSet.
Result<void> check_set(const contract::AnyObject& submitted,
                       const std::optional<std::string>& before, bool take_over);

}  // namespace muster::provider
