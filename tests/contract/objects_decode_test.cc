#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/os/file.h"
#include "contract/objects/errors.h"
#include "contract/objects/object.h"
#include "model/errors.h"
#include "model/object_errors.h"
#include "wire/errors.h"

namespace muster::contract {
namespace {

std::string error_of(std::string_view text) {
  const auto objects = decode_objects(text, "f.yaml");
  return objects ? "none" : objects.error().text();
}

std::string package_with(std::string_view spec) {
  return fmt::format("apiVersion: muster/v1\nkind: Package\nmetadata: {{name: p}}\nspec: {}\n",
                     spec);
}
std::string program_with(std::string_view fields) {
  return package_with(fmt::format("{{version: \"1\", programs: [{{name: a, {}}}]}}", fields));
}
std::string collection_with(std::string_view spec) {
  return fmt::format("apiVersion: muster/v1\nkind: Collection\nmetadata: {{name: c}}\nspec: {}\n",
                     spec);
}
std::string sixteen_schedules() {
  std::string out;
  for (int i = 0; i < 16; ++i) out += "{start: '2026-01-31T12:00'}, ";
  return out;
}
std::string deployment_with(std::string_view spec) {
  return fmt::format(
      "apiVersion: muster/v1\nkind: Deployment\nmetadata: {{name: d}}\n"
      "spec: {{package: p, program: a, collection: c, {}}}\n",
      spec);
}

TEST(ObjectsDecode, ReadsTheFirstExample) {
  const auto text = os::read_file(std::string(MUSTER_SOURCE_DIR) + "/examples/first/first.yaml");
  ASSERT_TRUE(text);
  const auto objects = decode_objects(*text, "first.yaml");
  ASSERT_TRUE(objects) << objects.error().text();
  ASSERT_EQ(objects->size(), 3u);
  const auto& package = std::get<model::Package>((*objects)[0].value);
  EXPECT_EQ(package.name, "hello");
  EXPECT_EQ(package.version, "1.0");
  EXPECT_EQ(package.source, "./hello");
  ASSERT_EQ(package.programs.size(), 1u);
  const model::Program& program = package.programs[0];
  EXPECT_EQ(program.name, "install");
  EXPECT_EQ(program.argv, (std::vector<std::string>{"sh", "install.sh"}));
  EXPECT_EQ(program.run_as, model::RunAs::User);
  EXPECT_EQ(program.max_runtime, std::chrono::minutes(10));
  EXPECT_EQ(program.success_codes, std::vector<int>{0});
  EXPECT_EQ(program.reboot_codes, std::vector<int>{3010});
  const auto& collection = std::get<model::Collection>((*objects)[1].value);
  EXPECT_EQ(collection.name, "debian-machines");
  EXPECT_EQ(collection.limited_to, "all-systems");
  EXPECT_EQ(std::get<model::QueryRule>(collection.rules[0]).query,
            "OperatingSystem | where Name has \"Debian\"");
  const auto& deployment = std::get<model::Deployment>((*objects)[2].value);
  EXPECT_EQ(deployment.name, "hello-everywhere");
  EXPECT_EQ(deployment.package, "hello");
  EXPECT_EQ(deployment.program, "install");
  EXPECT_EQ(deployment.collection, "debian-machines");
  EXPECT_EQ(deployment.start, model::StartTime(model::Now{}));
  EXPECT_EQ(deployment.deadline, model::StartTime(model::Now{}));
  EXPECT_EQ((*objects)[0].server, ServerFields{});
}

TEST(ObjectsDecode, FillsInTheDefaults) {
  const auto package = decode_objects(program_with("command: x"), "f");
  ASSERT_TRUE(package) << package.error().text();
  const auto& program = std::get<model::Package>(package->at(0).value).programs[0];
  EXPECT_EQ(program.run_as, model::RunAs::System);
  EXPECT_EQ(program.max_runtime, std::chrono::minutes(15));
  EXPECT_EQ(program.success_codes, std::vector<int>{0});
  EXPECT_EQ(program.reboot_codes, std::vector<int>{3010});
  const auto nested =
      decode_objects(collection_with("{rules: [{include: servers}, {exclude: all-systems}]}"), "f");
  ASSERT_TRUE(nested) << nested.error().text();
  EXPECT_EQ(
      std::get<model::Collection>(nested->at(0).value).rules,
      (std::vector<model::Rule>{model::IncludeRule{"servers"}, model::ExcludeRule{"all-systems"}}));
  const auto collection = decode_objects(collection_with("{rules: [{device: PC-1}]}"), "f");
  EXPECT_EQ(std::get<model::Collection>(collection->at(0).value).limited_to, "all-systems");
  EXPECT_EQ(
      std::get<model::DeviceRule>(std::get<model::Collection>(collection->at(0).value).rules[0])
          .device,
      "PC-1");
  const auto deployment =
      decode_objects(deployment_with("purpose: required, start: 2026-01-31T12:00:00Z"), "f");
  EXPECT_FALSE(std::get<model::Deployment>(deployment->at(0).value).deadline);
}

TEST(ObjectsDecode, TakesAnArgumentVectorAsItStands) {
  const auto package = decode_objects(program_with("argv: [sh, -c, \"a | b > $c\"]"), "f");
  ASSERT_TRUE(package) << package.error().text();
  EXPECT_EQ(std::get<model::Package>(package->at(0).value).programs[0].argv,
            (std::vector<std::string>{"sh", "-c", "a | b > $c"}));
}

TEST(ObjectsDecode, SuggestsTheKeyThatWasMeant) {
  EXPECT_EQ(
      error_of("apiVersion: muster/v1\nkind: Package\nmetadata: {name: p}\nspec:\n"
               "  version: \"1\"\n  programs:\n    - name: a\n      comand: x\n"),
      "M1132 field-unknown: f.yaml: line 8, column 7: spec.programs[0].comand is unknown; did "
      "you mean command?");
  EXPECT_NE(error_of(package_with("{verison: \"1\", programs: []}")).find("did you mean version?"),
            std::string::npos);
  EXPECT_NE(error_of("apiversion: muster/v1\nkind: Package").find("did you mean apiVersion?"),
            std::string::npos);
  EXPECT_NE(error_of(collection_with("{rules: [{devices: x}]}")).find("did you mean device?"),
            std::string::npos);
  EXPECT_NE(error_of(deployment_with("purpose: required, start: now, deadlin: now"))
                .find("did you mean deadline?"),
            std::string::npos);
  EXPECT_NE(
      error_of("apiVersion: muster/v1\nkind: Package\nmetadata: {name: p, lables: {}}\nspec: {}")
          .find("metadata.lables is unknown; valid here: name, id, site, serial"),
      std::string::npos);
}

TEST(ObjectsDecode, WantsItsVersionAndAKnownKind) {
  EXPECT_EQ(
      error_of("apiVersion: muster/v2\nkind: Package\nmetadata: {name: p}\nspec: {}"),
      "M1450 object-version: f.yaml: line 1, column 13: apiVersion is 'muster/v2', muster/v1 is "
      "wanted");
  EXPECT_EQ(error_of("apiVersion: muster/v1\nkind: package\nmetadata: {name: p}\nspec: {}"),
            "M1451 object-kind: f.yaml: line 2, column 7: kind 'package' is unknown; did you mean "
            "Package?");
  EXPECT_NE(error_of("apiVersion: muster/v1\nkind: Robot\nmetadata: {name: p}\nspec: {}")
                .find("there are Package, Collection, Deployment"),
            std::string::npos);
}

TEST(ObjectsDecode, WantsEveryRequiredKey) {
  EXPECT_NE(error_of("kind: Package").find("apiVersion is missing"), std::string::npos);
  EXPECT_NE(error_of("apiVersion: muster/v1").find("kind is missing"), std::string::npos);
  EXPECT_NE(error_of("apiVersion: muster/v1\nkind: Package").find("metadata is missing"),
            std::string::npos);
  EXPECT_NE(error_of("apiVersion: muster/v1\nkind: Package\nmetadata: {}\nspec: {}")
                .find("metadata.name is missing"),
            std::string::npos);
  EXPECT_NE(
      error_of("apiVersion: muster/v1\nkind: Package\nmetadata: {name: p}").find("spec is missing"),
      std::string::npos);
  EXPECT_NE(error_of(package_with("{programs: []}")).find("spec.version is missing"),
            std::string::npos);
  EXPECT_NE(error_of(package_with("{version: \"1\"}")).find("spec.programs is missing"),
            std::string::npos);
  EXPECT_NE(error_of(package_with("{version: \"1\", programs: [{command: x}]}"))
                .find("spec.programs[0].name is missing"),
            std::string::npos);
  EXPECT_NE(
      error_of(program_with("runAs: user"))
          .find("M1130 field-missing: f.yaml: line 4, column 33: spec.programs[0] has neither "
                "command nor argv"),
      std::string::npos)
      << error_of(program_with("runAs: user"));
  EXPECT_NE(error_of(collection_with("{limitedTo: x}")).find("spec.rules is missing"),
            std::string::npos);
  EXPECT_NE(error_of(deployment_with("purpose: required")).find("spec.start is missing"),
            std::string::npos);
  EXPECT_NE(error_of(deployment_with("start: now")).find("spec.purpose is missing"),
            std::string::npos);
}

TEST(ObjectsDecode, NeverTakesANumberForAVersion) {
  EXPECT_EQ(
      error_of(package_with("{version: 1.10, programs: []}")),
      "M1131 field-kind: f.yaml: line 4, column 17: spec.version is a number with a fraction, a "
      "text is wanted: write \"1.10\" with quotes");
}

TEST(ObjectsDecode, RefusesValuesOutsideTheirBounds) {
  const std::pair<std::string, std::string_view> bad[] = {
      {package_with("{version: \"1 2\", programs: []}"), "M1331"},
      {package_with("{version: \"1\", source: \"\", programs: []}"), "M1452"},
      {package_with("{version: \"1\", programs: {}}"), "M1131"},
      {package_with("{version: \"1\", programs: [{name: a, command: x}, {name: a, command: y}]}"),
       "M1331"},
      {program_with("command: \"a | b\""), "M1330"},
      {program_with("command: \"\""), "M1330"},
      {program_with("command: x, argv: [x]"), "M1452"},
      {program_with("argv: []"), "M1330"},
      {program_with("argv: [x, 5]"), "M1131"},
      {program_with("argv: \"x\""), "M1131"},
      {program_with("command: x, runAs: root"), "M1452"},
      {program_with("command: x, maxRuntime: 10"), "M1131"},
      {program_with("command: x, maxRuntime: 10min"), "M1001"},
      {program_with("command: x, maxRuntime: PT59S"), "M1331"},
      {program_with("command: x, maxRuntime: P2D"), "M1331"},
      {program_with("command: x, successCodes: []"), "M1331"},
      {program_with("command: x, successCodes: [0, 3010]"), "M1331"},
      {program_with("command: x, successCodes: [2147483648]"), "M1131"},
      {program_with("command: x, successCodes: 0"), "M1131"},
      {program_with("command: x, rebootCodes: ~"), "M1131"},
      {collection_with("{limitedTo: , rules: []}"), "M1131"},
      {collection_with("{limitedTo: c, rules: []}"), "M1332"},
      {collection_with("{limitedTo: \"A b\", rules: []}"), "M1301"},
      {collection_with("{rules: [{}]}"), "M1452"},
      {collection_with("{rules: [{query: x, device: y}]}"), "M1452"},
      {collection_with("{rules: [{include: x, exclude: y}]}"), "M1452"},
      {collection_with("{rules: [{include: \"A b\"}]}"), "M1301"},
      {collection_with("{rules: [{exclude: [x]}]}"), "M1131"},
      {collection_with("{rules: [{include: c}]}"), "M1332"},
      {collection_with("{rules: [{exclude: c}]}"), "M1332"},
      {collection_with("{rules: [{query: \" \"}]}"), "M1332"},
      {collection_with("{rules: [{device: \"a b\"}]}"), "M1332"},
      {collection_with("{rules: [x]}"), "M1131"},
      {deployment_with("purpose: optional, start: now"), "M1452"},
      {deployment_with("purpose: available, start: now, deadline: now"), "M1333"},
      {deployment_with("purpose: available, start: now, events: [logon]"), "M1333"},
      {deployment_with("purpose: required, start: now, events: [reboot]"), "M1452"},
      {deployment_with("purpose: required, start: now, rerun: sometimes"), "M1452"},
      {deployment_with("purpose: required, start: now, schedules: [{start: soon}]"), "M1001"},
      {deployment_with("purpose: required, start: now, schedules: [{start: "
                       "'2026-01-31T12:00', repeat: FREQ=SECONDLY}]"),
       "M1335"},
      {deployment_with("purpose: required, start: now, schedules: [" + sixteen_schedules() + "]"),
       "M1452"},
      {deployment_with("purpose: required, start: 2026-01-02T00:00:00Z, expires: "
                       "2026-01-02T00:00:00Z"),
       "M1333"},
      {deployment_with("purpose: required, start: soon"), "M1001"},
      {deployment_with(
           "purpose: required, start: 2026-01-02T00:00:00Z, deadline: 2026-01-01T00:00:00Z"),
       "M1333"},
      {"apiVersion: muster/v1\nkind: Collection\nmetadata: {name: all-systems}\nspec: {rules: []}",
       "M1332"},
      {"apiVersion: muster/v1\nkind: Collection\nmetadata: {name: Upper}\nspec: {rules: []}",
       "M1301"},
      {"apiVersion: muster/v1\nkind: Collection\nmetadata: x\nspec: {rules: []}", "M1131"},
      {"- x", "M1131"},
      {"x", "M1131"},
  };
  for (const auto& [text, number] : bad) {
    const std::string error = error_of(text);
    EXPECT_EQ(error.substr(0, 5), number) << text << error;
    EXPECT_NE(error.find("f.yaml: line "), std::string::npos) << error;
  }
}

TEST(ObjectsDecode, ReadsServerFieldsAndRefusesBadOnes) {
  const auto with = [](std::string_view metadata) {
    return fmt::format(
        "apiVersion: muster/v1\nkind: Collection\nmetadata: {{name: c, {}}}\nspec: {{rules: []}}",
        metadata);
  };
  const auto objects = decode_objects(with("id: P01-00001A, site: P01, serial: 7"), "f");
  ASSERT_TRUE(objects) << objects.error().text();
  EXPECT_EQ(objects->at(0).server.id->text(), "P01-00001A");
  EXPECT_EQ(objects->at(0).server.site->text(), "P01");
  EXPECT_EQ(objects->at(0).server.serial, 7u);
  EXPECT_EQ(error_of(with("id: x")).substr(0, 5), "M1300");
  EXPECT_EQ(error_of(with("site: p01")).substr(0, 5), "M1300");
  EXPECT_EQ(error_of(with("serial: 0")).substr(0, 5), "M1131");
  EXPECT_EQ(error_of(with("serial: \"7\"")).substr(0, 5), "M1131");
}

TEST(ObjectsDecode, RefusesAFileWithoutObjectsAndObjectsThatStandTwice) {
  EXPECT_EQ(error_of("").substr(0, 5), "M1453");
  EXPECT_EQ(error_of("---\n---\n# nothing\n").substr(0, 5), "M1453");
  const std::string one = collection_with("{rules: []}");
  EXPECT_EQ(
      error_of(one + "---\n" + one),
      "M1454 object-twice: f.yaml: line 6, column 1: the Collection c stands twice in the file");
  EXPECT_EQ(decode_objects(
                one + "---\n---\n" + package_with("{version: \"1\", programs: []}") + "---\n", "f")
                ->size(),
            2u);
}

TEST(ObjectsDecode, TellsSyntaxErrorsWithFileAndPlace) {
  EXPECT_EQ(error_of("a: [").substr(0, 41), "M1110 yaml-syntax: f.yaml: line 2, column");
}

TEST(ObjectsDecode, NeverTakesAnExampleCutAtAnyByteForMoreThanItIs) {
  const auto text = os::read_file(std::string(MUSTER_SOURCE_DIR) + "/examples/first/first.yaml");
  const auto whole = decode_objects(*text, "f");
  for (std::size_t size = 0; size < text->size(); ++size) {
    const auto objects = decode_objects(text->substr(0, size), "f");
    if (!objects) continue;
    ASSERT_LE(objects->size(), whole->size());
    for (std::size_t i = 0; i + 1 < objects->size(); ++i)
      EXPECT_EQ((*objects)[i], (*whole)[i]) << size;
  }
}

}  // namespace
}  // namespace muster::contract
