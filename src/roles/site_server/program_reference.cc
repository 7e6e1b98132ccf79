#include "roles/site_server/program_reference.h"

#include "contract/objects/object.h"
#include "roles/site_server/errors.h"
#include "store/site/objects.h"
#include "store/site/packages.h"

namespace muster::site_server {

Result<std::optional<ProgramReader::Package>> ProgramReader::read(const std::string& package) {
  using Found = std::optional<Package>;
  const auto object = TRY(store::find_object(*reader_, "Package", package));
  if (!object) return Found();
  const auto spec =
      TRY(contract::decode_spec(contract::ObjectKind::Package, package, object->spec));
  const auto& wanted = std::get<model::Package>(spec.value);
  if (wanted.retired) return Found();
  const auto content = TRY(store::current_package_content(*reader_, object->id));
  const auto role = contract::package_role(package);
  const auto document = TRY(store::latest_catalogue_document(*reader_, role));
  if (!content || !document) return Found();
  Package out;
  out.entry = TRY(contract::decode_entry(document->bytes)).value;
  out.place.package = package;
  out.place.package_version = out.entry.package_version;
  out.place.entry = {role, static_cast<std::uint64_t>(document->version), to_hex(document->sha256),
                     document->bytes.size()};
  out.place.content_folder = to_hex(content->folder);
  out.place.persist = wanted.persist;
  return Found(std::move(out));
}

Result<std::optional<ProgramReference>> ProgramReader::find(const std::string& package,
                                                            const std::string& program) {
  auto known = packages_.find(package);
  if (known == packages_.end()) {
    auto found = TRY(read(package));
    known = packages_.emplace(package, std::move(found)).first;
  }
  if (!known->second) return std::optional<ProgramReference>();
  ProgramReference out{known->second->place, {}};
  out.place.program = program;
  // A program that the entry lacks is refused by the client, which says so.
  if (const model::Program* named = known->second->entry.program(program))
    out.run_first = named->run_first;
  return std::optional(std::move(out));
}

Result<std::optional<std::vector<contract::FirstProgramReference>>> ProgramReader::run_before(
    const ProgramReference& program, const std::function<void(const std::string& package)>& visit) {
  std::vector<contract::FirstProgramReference> out;
  auto next = program.run_first;
  while (next) {
    if (out.size() == contract::kMostFirstPrograms)
      return fail(kBadObject, "over {} programs run before {} of {}", contract::kMostFirstPrograms,
                  program.place.program, program.place.package);
    visit(next->package);
    auto found = TRY(find(next->package, next->program));
    if (!found) return std::optional<std::vector<contract::FirstProgramReference>>();
    next = found->run_first;
    out.push_back(std::move(found->place));
  }
  return std::optional(std::move(out));
}

}  // namespace muster::site_server
