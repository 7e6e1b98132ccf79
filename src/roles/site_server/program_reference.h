// Where a package's program is: its signed entry, its content, and what runs before it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contract/catalogue.h"
#include "contract/policy.h"
#include "model/package.h"
#include "store/database.h"

namespace muster::site_server {

struct ProgramReference {
  contract::FirstProgramReference place;
  std::optional<model::RunFirst> run_first;
};

// Reads each package once, however many of its programs are asked for. Lives as long as a read.
class ProgramReader {
 public:
  explicit ProgramReader(store::Reader& reader) : reader_(&reader) {}

  // Nothing where the package is not there, is retired or has no content, or has no such program.
  Result<std::optional<ProgramReference>> find(const std::string& package,
                                               const std::string& program);

  // Directly before the program first. Nothing where one of them is missing: then its dependents do
  // not run either. `visit` hears the names of all packages on the way, missing ones too.
  Result<std::optional<std::vector<contract::FirstProgramReference>>> run_before(
      const ProgramReference& program,
      const std::function<void(const std::string& package)>& visit);

 private:
  struct Package {
    contract::PackageEntry entry;
    contract::FirstProgramReference place;  // but for the program
  };
  Result<std::optional<Package>> read(const std::string& package);

  store::Reader* reader_;
  std::map<std::string, std::optional<Package>> packages_;
};

}  // namespace muster::site_server
