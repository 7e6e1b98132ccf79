// Keeps in the cache what packages are marked to persist, as long as policy names them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "roles/client/software/cache.h"
#include "roles/client/software/deployment.h"

namespace muster::client {

// The SHA-256 of all content that must not make room for other content.
std::set<std::string> persistent_content(const std::vector<Deployment>& deployments);

// Pins what is in `wanted` and in the cache, and lets everything else go its way. Errors: those of
// the cache.
Result<void> pin_content(ContentCache& cache, const std::set<std::string>& wanted);

}  // namespace muster::client
