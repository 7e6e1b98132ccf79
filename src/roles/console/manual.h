// The manual pages, from the table of verbs and the tables of settings.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "roles/console/verbs.h"

namespace muster::console {

struct ManualPage {
  std::string name;  // "man1/muster-get.1"
  std::string text;  // roff with the macros of man(7)
};
// muster(1), a page for each verb, muster-settings(5).
std::vector<ManualPage> manual_pages(const Verb& root);

// Writes them below `folder`. Errors: those of the file system.
Result<void> write_manual(const Verb& root, const std::filesystem::path& folder);

}  // namespace muster::console
