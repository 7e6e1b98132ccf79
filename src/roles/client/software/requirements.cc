#include "roles/client/software/requirements.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/size.h"

namespace muster::client {

std::string unmet_requirement(const model::Program& program, const Surroundings& here) {
  const bool fits = program.platforms.empty() ||
                    std::ranges::any_of(program.platforms, [&](const model::Platform& wanted) {
                      return model::runs_on(wanted, here.platform);
                    });
  if (!fits) {
    std::string wanted;
    for (const model::Platform& each : program.platforms)
      wanted += (wanted.empty() ? "" : ", ") + model::to_text(each);
    return fmt::format("it runs on {}; this machine is {}", wanted, model::to_text(here.platform));
  }
  if (here.free_disk_bytes < program.disk_bytes)
    return fmt::format("it wants {} of free disk space; {} MiB are free",
                       to_text_size(program.disk_bytes), here.free_disk_bytes >> 20);
  return {};
}

}  // namespace muster::client
