#include "roles/client/status_command.h"

#include <cstdio>

#include "base/os/file.h"
#include "roles/client/assignment/assignment.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace {

constexpr int kManaged = 0;
constexpr int kUnmanaged = 3;

void line(const char* name, const std::string& value) {
  std::printf("%-17s %s\n", name, value.c_str());
}

}  // namespace

Result<int> print_status(const contract::ClientConfig& config) {
  const std::filesystem::path state = config.state;
  const AssignmentStore store(state / "assignment");
  const auto assignment = TRY(store.load());
  const bool assigned = assignment || !config.management_point.empty();
  const bool enrolled = os::file_exists(state / "identity" / "ca.pem");
  if (assignment) {
    line("site:", assignment->site);
    line("assigned:", to_text(assignment->at));
    line("management point:", assignment->management_points.front());
  } else if (assigned) {
    line("site:", config.site_code.empty() ? "that of the management point" : config.site_code);
    line("management point:", config.management_point);
  } else {
    const std::string cause = TRY(store.unmanaged_cause());
    line("site:", "none: this client is unmanaged");
    line("cause:", cause.empty() ? "no locator point was asked yet" : cause);
  }
  line("enrolled:", enrolled ? "yes" : "no");
  return assigned && enrolled ? kManaged : kUnmanaged;
}

Result<void> ask_for_assignment(const contract::ClientConfig& config, const std::string& code) {
  if (config.locator_points.empty())
    return fail(kNoLocator, "the configuration has no serverLocatorPoints");
  if (code != contract::kAutoSite) TRY(model::SiteCode::parse(code));
  TRY(AssignmentStore(std::filesystem::path(config.state) / "assignment").ask(code));
  std::printf("the client will look for site %s\n", code.c_str());
  return {};
}

}  // namespace muster::client
