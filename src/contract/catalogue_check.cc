#include "contract/catalogue_check.h"

#include "contract/errors.h"
#include "model/command_line.h"
#include "model/ids.h"

namespace muster::contract {
namespace {

Result<void> check_program(const model::Program& program) {
  TRY(model::check_name(program.name));
  TRY(model::check_arguments(program.argv));
  if (program.argv[0].empty()) return fail(kCatalogueMalformed, "argv names no program");
  TRY(model::check_max_runtime(program.max_runtime));
  if (program.run_first) {
    TRY_IN(model::check_name(program.run_first->package), "runFirst");
    TRY_IN(model::check_name(program.run_first->program), "runFirst");
  }
  TRY(model::check_requirements(program));
  TRY(model::check_exit_codes(program));
  return model::check_variables(program);
}

Result<void> check_parts(const PackageEntry& entry) {
  TRY_IN(model::check_name(entry.package), "package");
  TRY_IN(model::check_package_version(entry.package_version), "packageVersion");
  if (entry.programs.size() > model::kMostPrograms)
    return fail(kCatalogueMalformed, "over {} programs", model::kMostPrograms);
  for (std::size_t i = 0; i < entry.programs.size(); ++i) {
    const model::Program& program = entry.programs[i];
    TRY_IN(check_program(program), "program '{}'", program.name);
    TRY(model::check_program_names_differ(std::span(entry.programs).first(i), program.name));
  }
  return {};
}

}  // namespace

Result<void> check_entry(const PackageEntry& entry) {
  const auto checked = check_parts(entry);
  if (checked || checked.error().is(kCatalogueMalformed)) return checked;
  return fail(kCatalogueMalformed, "{}", checked.error().text());
}

}  // namespace muster::contract
