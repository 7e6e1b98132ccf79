// `muster completion SHELL`: scripts that ask `muster complete` what may follow the words so far.
#pragma once

#include "roles/console/commands.h"
#include "roles/console/verbs.h"

namespace muster::console {

// Error kUsage for another shell than bash, zsh and fish.
Result<std::string> completion_script(std::string_view shell);

// What may stand for the last of `words`, those before it given; without the program's name.
// A candidate ":files" asks the shell for its own file names. Names of objects and devices come
// from the site; where it does not answer there are none.
std::vector<std::string> complete(const Session& session, const Verb& root,
                                  const std::vector<std::string>& words);

}  // namespace muster::console
