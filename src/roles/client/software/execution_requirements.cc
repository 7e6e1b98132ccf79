// The execution machine's look at what a program wants of the machine, and what it says while a
// deployment waits.
#include "model/status_ids.h"
#include "roles/client/software/errors.h"
#include "roles/client/software/execution_machine.h"

namespace muster::client {

// Looked at again whenever anything happens, and before the program starts: space comes and goes.
bool ExecutionMachine::meets_requirements(const ExecutionKey& key, Item& item) {
  const Program& program = item.deployment->program;
  if (program.disk_bytes == 0 && program.platforms.empty()) return true;
  const std::string unmet = unmet_requirement(program, settings_.surroundings());
  if (unmet.empty()) return true;
  item.look_again = now_ + settings_.look_again;
  DeploymentReport unfit(key, DeploymentStatus::RequirementsUnmet);
  unfit.status_id = model::kStatusRequirementsUnmet;
  unfit.state = model::kStateRequirementsUnmet;
  unfit.error = fail(kRequirementsUnmet, "{} of {}: {}", program.name, to_text(key), unmet).value();
  unfit.next_attempt = item.look_again;
  // Not anew for each megabyte that comes and goes.
  tell(key, item, std::move(unfit), unmet.substr(0, unmet.find(';')));
  return false;
}

void ExecutionMachine::tell(const ExecutionKey&, Item& item, DeploymentReport report,
                            std::string what) {
  if (item.told == what) return;
  item.told = std::move(what);
  this->report(std::move(report));
}

}  // namespace muster::client
