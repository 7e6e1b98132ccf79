// Where a package's program is: its signed entry, its content, and what runs before it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "contract/policy.h"
#include "model/package.h"
#include "store/database.h"

namespace muster::site_server {

struct ProgramReference {
  contract::FirstProgramReference place;
  std::optional<model::RunFirst> run_first;
};
// Nothing where the package is not there, is retired or has no content, or has no such program.
Result<std::optional<ProgramReference>> program_reference(store::Reader& reader,
                                                          const std::string& package,
                                                          const std::string& program);

// Directly before the program first. Nothing where one of them is missing: then its dependents do
// not run either. `visit` hears the names of all packages on the way, missing ones too.
Result<std::optional<std::vector<contract::FirstProgramReference>>> first_references(
    store::Reader& reader, const ProgramReference& program,
    const std::function<void(const std::string& package)>& visit);

}  // namespace muster::site_server
