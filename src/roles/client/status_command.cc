#include "roles/client/status_command.h"

#include <cstdio>

#include "base/os/file.h"
#include "base/sha256.h"
#include "roles/client/assignment/assignment.h"
#include "roles/client/enrolment/identity.h"
#include "roles/client/errors.h"

namespace muster::client {

std::string key_fingerprint(ByteView spki_der) { return "SHA256:" + sha256_hex(spki_der); }

Result<contract::ControlAnswer> stored_status(const std::filesystem::path& state,
                                              const std::optional<contract::ClientConfig>& config) {
  contract::ControlAnswer out{.columns = {"WHAT", "VALUE"}};
  const auto row = [&](std::string what, std::string value) {
    out.rows.push_back({std::move(what), std::move(value)});
  };
  const AssignmentStore store(state / "assignment");
  const auto assignment = TRY(store.load());
  const bool assigned = assignment || (config && !config->management_point.empty());
  const auto identity = TRY(IdentityStore(state / "identity").load());
  const bool enrolled = identity && identity->certificate;
  row("agent", "does not run");
  row(kManagedRow, !assigned  ? "no: this client has no site, it is unmanaged"
                   : enrolled ? "yes"
                              : "no: not enrolled yet");
  if (identity) {
    row("device", identity->device.text());
    row("key", key_fingerprint(identity->key.public_key().spki_der()));
  }
  if (assignment) {
    row("site", assignment->site);
    row("assigned", to_text(assignment->at));
    row("management point", assignment->management_points.front());
  } else if (assigned) {
    if (!config->site_code.empty()) row("site", config->site_code);
    row("management point", config->management_point);
  } else {
    const std::string cause = TRY(store.unmanaged_cause());
    row("cause", cause.empty() ? "no locator point was asked yet" : cause);
  }
  return out;
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
