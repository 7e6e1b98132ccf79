#include "roles/site_server/program_reference.h"

#include "contract/catalogue.h"
#include "contract/objects/object.h"
#include "roles/site_server/errors.h"
#include "store/site/objects.h"
#include "store/site/packages.h"

namespace muster::site_server {

Result<std::optional<ProgramReference>> program_reference(store::Reader& reader,
                                                          const std::string& package,
                                                          const std::string& program) {
  using Found = std::optional<ProgramReference>;
  const auto object = TRY(store::find_object(reader, "Package", package));
  if (!object) return Found();
  const auto spec =
      TRY(contract::decode_spec(contract::ObjectKind::Package, package, object->spec));
  const auto& wanted = std::get<model::Package>(spec.value);
  if (wanted.retired) return Found();
  const auto content = TRY(store::current_package_content(reader, object->id));
  const auto role = contract::package_role(package);
  const auto document = TRY(store::latest_catalogue_document(reader, role));
  if (!content || !document) return Found();
  const auto entry = TRY(contract::decode_entry(document->bytes));
  const model::Program* known = entry.value.program(program);
  ProgramReference out;
  out.place.package = package;
  out.place.package_version = entry.value.package_version;
  out.place.program = program;
  out.place.entry = {role, static_cast<std::uint64_t>(document->version), to_hex(document->sha256),
                     document->bytes.size()};
  out.place.content_folder = to_hex(content->folder);
  out.place.persist = wanted.persist;
  // A program that the entry lacks is refused by the client, which says so.
  if (known) out.run_first = known->run_first;
  return Found(std::move(out));
}

Result<std::optional<std::vector<contract::FirstProgramReference>>> first_references(
    store::Reader& reader, const ProgramReference& program,
    const std::function<void(const std::string& package)>& visit) {
  std::vector<contract::FirstProgramReference> out;
  auto next = program.run_first;
  while (next) {
    if (out.size() == contract::kMostFirstPrograms)
      return fail(kBadObject, "over {} programs run before {} of {}", contract::kMostFirstPrograms,
                  program.place.program, program.place.package);
    visit(next->package);
    auto found = TRY(program_reference(reader, next->package, next->program));
    if (!found) return std::optional<std::vector<contract::FirstProgramReference>>();
    next = found->run_first;
    out.push_back(std::move(found->place));
  }
  return std::optional(std::move(out));
}

}  // namespace muster::site_server
