#include "roles/provider/order_checks.h"

#include "contract/objects/object.h"
#include "contract/policy.h"
#include "model/order_cycle.h"
#include "roles/provider/errors.h"
#include "store/site/objects.h"

namespace muster::provider {
namespace {

constexpr std::int64_t kAll = 1'000'000;

std::string full_name(std::string_view program, std::string_view package) {
  return fmt::format("{} of {}", program, package);
}

Result<std::optional<model::Package>> find_package(store::Reader& reader, const std::string& name,
                                                   const Submission& submission) {
  if (submission.package)
    if (const auto* package = submission.package(name)) return std::optional(*package);
  return stored_package(reader, name);
}

Result<std::optional<model::Deployment>> find_deployment(store::Reader& reader,
                                                         const std::string& name,
                                                         const Submission& submission) {
  using Found = std::optional<model::Deployment>;
  if (submission.deployment)
    if (const auto* deployment = submission.deployment(name)) return Found(*deployment);
  const auto object = TRY(store::find_object(reader, "Deployment", name));
  if (!object) return Found();
  auto any =
      TRY(contract::decode_spec(contract::ObjectKind::Deployment, object->name, object->spec));
  return Found(std::get<model::Deployment>(std::move(any.value)));
}

// The program that runs before one, nothing where there is none or it is not there.
Result<std::optional<model::RunFirst>> run_first_of(store::Reader& reader,
                                                    const std::string& package,
                                                    const std::string& program,
                                                    const Submission& submission) {
  using Found = std::optional<model::RunFirst>;
  const auto found = TRY(find_package(reader, package, submission));
  const auto* known = found ? found->program(program) : nullptr;
  return known ? Found(known->run_first) : Found();
}

Result<void> check_order_of(store::Reader& reader, const model::Package& package,
                            const model::Program& program, const Submission& submission) {
  std::map<std::string, std::pair<std::string, std::string>> named;
  const std::string start = full_name(program.name, package.name);
  named[start] = {package.name, program.name};
  const auto before = [&](const std::string& name) -> Result<std::vector<std::string>> {
    const auto [of, which] = named[name];
    const auto next = TRY(run_first_of(reader, of, which, submission));
    if (!next) return std::vector<std::string>();
    std::string next_name = full_name(next->program, next->package);
    named[next_name] = {next->package, next->program};
    return std::vector<std::string>{std::move(next_name)};
  };
  const std::string cycle = TRY(model::find_order_cycle(start, "runs after", before));
  if (!cycle.empty()) return fail(kOrderCycle, "{}", cycle);
  if (named.size() > contract::kMostFirstPrograms)
    return fail(kOrderTooLong, "over {} programs run before {}", contract::kMostFirstPrograms - 1,
                start);
  return {};
}

}  // namespace

namespace {}  // namespace

Submission only(const model::Package& package) {
  Submission out;
  out.package = [&package](const std::string& name) {
    return name == package.name ? &package : nullptr;
  };
  return out;
}

Submission only(const model::Deployment& deployment) {
  Submission out;
  out.deployment = [&deployment](const std::string& name) {
    return name == deployment.name ? &deployment : nullptr;
  };
  return out;
}

Result<std::optional<model::Package>> stored_package(store::Reader& reader,
                                                     const std::string& name) {
  using Found = std::optional<model::Package>;
  const auto object = TRY(store::find_object(reader, "Package", name));
  if (!object) return Found();
  auto any = TRY(contract::decode_spec(contract::ObjectKind::Package, object->name, object->spec));
  return Found(std::get<model::Package>(std::move(any.value)));
}

namespace {

// Programs of other packages that run directly after one of `package`: it must still be there, and
// nothing may have grown too long or into a circle behind them.
Result<void> check_dependents(store::Reader& reader, const model::Package& package,
                              const Submission& submission) {
  for (const auto& object : TRY(store::list_objects(reader, "Package", "", kAll))) {
    if (object.name == package.name) continue;
    const auto other = TRY(find_package(reader, object.name, submission));
    if (!other) continue;
    for (const model::Program& program : other->programs) {
      if (!program.run_first) continue;
      if (program.run_first->package == package.name &&
          !package.program(program.run_first->program))
        return fail(kInUse, "program {}, which {} runs after",
                    full_name(program.run_first->program, package.name),
                    full_name(program.name, other->name));
      TRY(check_order_of(reader, *other, program, submission));
    }
  }
  return {};
}

}  // namespace

Result<void> check_run_first(store::Reader& reader, const model::Package& package,
                             const Submission& submission) {
  TRY(check_dependents(reader, package, submission));
  for (const model::Program& program : package.programs)
    if (program.run_first) TRY(check_order_of(reader, package, program, submission));
  for (const model::Program& program : package.programs) {
    if (!program.run_first) continue;
    const auto& first = *program.run_first;
    const auto other = first.package == package.name ? std::optional(package)
                                                     : TRY(stored_package(reader, first.package));
    if (!other)
      return fail(kReferenceMissing, "program {}: there is no package {}", program.name,
                  first.package);
    if (!other->program(first.program))
      return fail(kReferenceMissing, "program {}: package {} has no program {}", program.name,
                  first.package, first.program);
    if (other->retired && !package.retired)
      return fail(kPackageRetired, "program {} runs after one of {}", program.name, first.package);
  }
  return {};
}

Result<void> check_after(store::Reader& reader, const model::Deployment& deployment,
                         const Submission& submission) {
  const auto before = [&](const std::string& name) -> Result<std::vector<std::string>> {
    const auto found = TRY(find_deployment(reader, name, submission));
    return found ? found->after : std::vector<std::string>();
  };
  const std::string cycle = TRY(model::find_order_cycle(deployment.name, "comes after", before));
  if (!cycle.empty()) return fail(kOrderCycle, "{}", cycle);
  for (const std::string& name : deployment.after)
    if (!TRY(store::find_object(reader, "Deployment", name)))
      return fail(kReferenceMissing, "there is no deployment {}", name);
  return {};
}

Result<std::vector<model::RunFirst>> first_programs(store::Reader& reader,
                                                    const std::string& package,
                                                    const std::string& program) {
  std::vector<model::RunFirst> out;
  auto next = TRY(run_first_of(reader, package, program, {}));
  while (next && out.size() < contract::kMostFirstPrograms) {
    out.push_back(*next);
    next = TRY(run_first_of(reader, out.back().package, out.back().program, {}));
  }
  return out;
}

}  // namespace muster::provider
