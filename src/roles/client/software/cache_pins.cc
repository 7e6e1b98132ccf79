#include "roles/client/software/cache_pins.h"

namespace muster::client {

std::set<std::string> persistent_content(const std::vector<Deployment>& deployments) {
  std::set<std::string> out;
  const auto add = [&](const std::vector<ContentFile>& files) {
    for (const ContentFile& file : files) out.insert(file.sha256);
  };
  for (const Deployment& deployment : deployments) {
    if (deployment.persist) add(deployment.files);
    for (const FirstProgram& first : deployment.first)
      if (first.persist) add(first.files);
  }
  return out;
}

Result<void> pin_content(ContentCache& cache, const std::set<std::string>& wanted) {
  for (const CacheEntry& entry : cache.entries()) {
    const std::string hash = entry.name.substr(0, 64);
    if (entry.persistent != wanted.contains(hash))
      TRY(cache.set_persistent(hash, !entry.persistent));
  }
  return {};
}

}  // namespace muster::client
