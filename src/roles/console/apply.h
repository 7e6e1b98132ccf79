// `muster apply` and `muster diff`: what files say against what the site has.
#pragma once

#include "roles/console/commands.h"

namespace muster::console {

struct ApplyRequest {
  std::vector<std::string> paths;  // files, folders, "-"
  std::string set;                 // empty: objects keep the set that they are in
  bool prune = false;
  bool take_over = false;
  bool dry_run = false;
};

// First all is planned; nothing is sent when the site would refuse any of it. False never.
Result<void> apply(const Session& session, const ApplyRequest& request, Format format);
// Prints each field that differs. True when nothing does.
Result<bool> diff(const Session& session, const ApplyRequest& request, Format format);

}  // namespace muster::console
