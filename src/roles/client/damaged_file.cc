#include "roles/client/damaged_file.h"

#include "base/log.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace fs = std::filesystem;

void set_aside(const fs::path& file, const Error& cause) {
  log::failure(log::Level::Error, "client.state.damaged", cause, {{"file", file.string()}});
  const fs::path aside = fs::path(file).concat(".damaged");
  std::error_code error;
  fs::remove_all(aside, error);
  fs::rename(file, aside, error);
  if (error)
    log::failure(log::Level::Error, "client.state.stays",
                 Error(kBadState, fmt::format("{}: {}", file.string(), error.message())));
}

}  // namespace muster::client
