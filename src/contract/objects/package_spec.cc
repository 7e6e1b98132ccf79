#include <limits>

#include "base/size.h"
#include "contract/objects/errors.h"
#include "contract/objects/specs.h"
#include "model/command_line.h"
#include "wire/errors.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;

constexpr std::size_t kLongestSource = 4096;

Result<std::vector<int>> read_codes(const NodeAt& field) {
  std::vector<int> codes;
  for (const NodeAt& item : TRY(field.items()))
    codes.push_back(static_cast<int>(
        TRY(item.integer(std::numeric_limits<int>::min(), std::numeric_limits<int>::max()))));
  return codes;
}

Result<model::RunAs> read_run_as(const NodeAt& field) {
  const std::string text = TRY(field.text());
  const auto run_as = model::parse_run_as(text);
  if (!run_as) return field.failure(kObjectField, "is '{}', user or system is wanted", text);
  return *run_as;
}

Result<Duration> read_max_runtime(const NodeAt& field) {
  const std::string text = TRY(field.text());
  const Duration max_runtime = TRY_IN(parse_duration(text), "{}", field.where());
  TRY_IN(model::check_max_runtime(max_runtime), "{}", field.where());
  return max_runtime;
}

Result<model::RunFirst> read_run_first(const NodeAt& at) {
  const auto fields = TRY(NodeFields::open(at, {"package", "program", "everyTime"}));
  model::RunFirst out;
  out.package = TRY(name_of(TRY(fields.required("package"))));
  out.program = TRY(name_of(TRY(fields.required("program"))));
  if (const auto field = fields.optional("everyTime")) out.every_time = TRY(field->boolean());
  return out;
}

Result<std::vector<model::Platform>> read_platforms(const NodeAt& field) {
  std::vector<model::Platform> out;
  for (const NodeAt& item : TRY(field.items())) {
    const auto fields = TRY(NodeFields::open(item, {"os", "version", "architecture"}));
    model::Platform& platform = out.emplace_back();
    if (const auto os = TRY(fields.optional_text("os"))) platform.os = *os;
    if (const auto version = TRY(fields.optional_text("version"))) platform.version = *version;
    if (const auto architecture = TRY(fields.optional_text("architecture")))
      platform.architecture = *architecture;
  }
  return out;
}

Result<std::vector<model::ProgramVariable>> read_program_variables(const NodeAt& field) {
  std::vector<model::ProgramVariable> out;
  for (const NodeAt& item : TRY(field.items())) {
    const auto fields = TRY(NodeFields::open(item, {"name", "values", "secrets"}));
    model::ProgramVariable& variable = out.emplace_back();
    variable.name = TRY(fields.text("name"));
    if (const auto values = fields.optional("values"))
      for (const NodeAt& value : TRY(values->items())) variable.values.push_back(TRY(value.text()));
    if (const auto secrets = fields.optional("secrets"))
      for (const NodeAt& secret : TRY(secrets->items()))
        variable.secrets.push_back(TRY(secret.text()));
  }
  return out;
}

Result<model::Program> read_program(const NodeAt& at, std::span<const model::Program> earlier) {
  const auto fields =
      TRY(NodeFields::open(at, {"name", "command", "argv", "runAs", "maxRuntime", "successCodes",
                                "rebootCodes", "runFirst", "diskSpace", "platforms", "variables"}));
  model::Program program;
  const NodeAt name = TRY(fields.required("name"));
  program.name = TRY(name_of(name));
  TRY_IN(model::check_program_names_differ(earlier, program.name), "{}", name.where());
  program.argv = TRY(read_arguments(at, fields));
  if (const auto field = fields.optional("runAs")) program.run_as = TRY(read_run_as(*field));
  if (const auto field = fields.optional("maxRuntime"))
    program.max_runtime = TRY(read_max_runtime(*field));
  if (const auto field = fields.optional("successCodes"))
    program.success_codes = TRY(read_codes(*field));
  if (const auto field = fields.optional("rebootCodes"))
    program.reboot_codes = TRY(read_codes(*field));
  if (const auto field = fields.optional("runFirst"))
    program.run_first = TRY(read_run_first(*field));
  if (const auto field = fields.optional("diskSpace"))
    program.disk_bytes = TRY_IN(parse_size(TRY(field->text())), "{}", field->where());
  if (const auto field = fields.optional("platforms"))
    program.platforms = TRY(read_platforms(*field));
  TRY_IN(model::check_exit_codes(program), "{}", at.where());
  TRY_IN(model::check_requirements(program), "{}", at.where());
  if (const auto field = fields.optional("variables")) {
    program.variables = TRY(read_program_variables(*field));
    TRY_IN(model::check_variables(program), "{}", field->where());
  }
  return program;
}

wire::Node codes_node(const std::vector<int>& codes) {
  wire::Node node = wire::sequence_node();
  for (const int code : codes) node.items.push_back(wire::integer_node(code));
  return node;
}

wire::Node program_node(const model::Program& program) {
  wire::Node arguments = wire::sequence_node();
  for (const std::string& argument : program.argv)
    arguments.items.push_back(wire::text_node(argument));
  wire::Node node = wire::mapping_node();
  node.set("name", wire::text_node(program.name));
  node.set("argv", std::move(arguments));
  node.set("runAs", wire::text_node(to_text(program.run_as)));
  node.set("maxRuntime", wire::text_node(muster::to_text(program.max_runtime)));
  node.set("successCodes", codes_node(program.success_codes));
  node.set("rebootCodes", codes_node(program.reboot_codes));
  if (program.run_first) {
    wire::Node first = wire::mapping_node();
    first.set("package", wire::text_node(program.run_first->package));
    first.set("program", wire::text_node(program.run_first->program));
    first.set("everyTime", wire::boolean_node(program.run_first->every_time));
    node.set("runFirst", std::move(first));
  }
  if (program.disk_bytes > 0)
    node.set("diskSpace", wire::text_node(to_text_size(program.disk_bytes)));
  if (!program.platforms.empty()) {
    wire::Node platforms = wire::sequence_node();
    for (const model::Platform& platform : program.platforms) {
      wire::Node& item = platforms.items.emplace_back(wire::mapping_node());
      if (!platform.os.empty()) item.set("os", wire::text_node(platform.os));
      if (!platform.version.empty()) item.set("version", wire::text_node(platform.version));
      if (!platform.architecture.empty())
        item.set("architecture", wire::text_node(platform.architecture));
    }
    node.set("platforms", std::move(platforms));
  }
  if (program.variables.empty()) return node;
  wire::Node variables = wire::sequence_node();
  for (const model::ProgramVariable& variable : program.variables) {
    wire::Node& item = variables.items.emplace_back(wire::mapping_node());
    item.set("name", wire::text_node(variable.name));
    const auto set_list = [&item](const char* key, const std::vector<std::string>& texts) {
      if (texts.empty()) return;
      wire::Node list = wire::sequence_node();
      for (const std::string& text : texts) list.items.push_back(wire::text_node(text));
      item.set(key, std::move(list));
    };
    set_list("values", variable.values);
    set_list("secrets", variable.secrets);
  }
  node.set("variables", std::move(variables));
  return node;
}

}  // namespace

Result<std::vector<std::string>> read_arguments(const NodeAt& at, const NodeFields& fields) {
  const auto command = fields.optional("command");
  const auto argv = fields.optional("argv");
  if (command && argv)
    return argv->failure(kObjectField, "stands beside command; one of the two is wanted");
  if (command) {
    const std::string text = TRY(command->text());
    return TRY_IN(model::split_command_line(text), "{}", command->where());
  }
  if (!argv) return at.failure(wire::kFieldMissing, "has neither command nor argv");
  std::vector<std::string> arguments;
  for (const NodeAt& item : TRY(argv->items())) arguments.push_back(TRY(item.text()));
  TRY_IN(model::check_arguments(arguments), "{}", argv->where());
  return arguments;
}

Result<model::Package> decode_package_spec(std::string name, const NodeAt& spec) {
  const auto fields =
      TRY(NodeFields::open(spec, {"version", "source", "programs", "persist", "retired"}));
  model::Package package;
  package.name = std::move(name);
  const NodeAt version = TRY(fields.required("version"));
  package.version = TRY(version.text());
  TRY_IN(model::check_package_version(package.version), "{}", version.where());
  if (const auto source = fields.optional("source")) {
    package.source = TRY(source->text());
    if (package.source.empty() || package.source.size() > kLongestSource ||
        package.source.find('\0') != std::string::npos)
      return source->failure(kObjectField, "is no path of a folder");
  }
  const NodeAt programs = TRY(fields.required("programs"));
  const auto items = TRY(programs.items());
  if (items.size() > model::kMostPrograms)
    return programs.failure(kObjectField, "has {} programs, {} are allowed", items.size(),
                            model::kMostPrograms);
  for (const NodeAt& item : items)
    package.programs.push_back(TRY(read_program(item, package.programs)));
  if (const auto field = fields.optional("persist")) package.persist = TRY(field->boolean());
  if (const auto field = fields.optional("retired")) package.retired = TRY(field->boolean());
  return package;
}

wire::Node package_spec(const model::Package& package) {
  wire::Node programs = wire::sequence_node();
  for (const model::Program& program : package.programs)
    programs.items.push_back(program_node(program));
  wire::Node spec = wire::mapping_node();
  spec.set("version", wire::text_node(package.version));
  if (!package.source.empty()) spec.set("source", wire::text_node(package.source));
  spec.set("programs", std::move(programs));
  spec.set("persist", wire::boolean_node(package.persist));
  spec.set("retired", wire::boolean_node(package.retired));
  return spec;
}

}  // namespace muster::contract
