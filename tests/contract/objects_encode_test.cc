#include <gtest/gtest.h>

#include "contract/objects/errors.h"
#include "contract/objects/object.h"
#include "model/errors.h"
#include "wire/errors.h"
#include "wire/yaml.h"

namespace muster::contract {
namespace {

ServerFields server_fields() {
  return {.id = *model::ObjectId::parse("P01-00001A"),
          .site = *model::SiteCode::parse("P01"),
          .serial = 12};
}

std::vector<AnyObject> samples() {
  model::Program program{.name = "install", .argv = {"sh", "-c", "echo \"a  b\" > x\n", ""}};
  program.run_as = model::RunAs::User;
  program.max_runtime = std::chrono::hours(24);
  program.success_codes = {0, -5, 2147483647};
  program.reboot_codes = {};
  const model::Package package{.name = "p",
                               .version = "1.0",
                               .source = "./hello",
                               .programs = {program, {.name = "b", .argv = {"x"}}}};
  model::Program demanding{.name = "b", .argv = {"x"}};
  demanding.run_first = {"base", "prepare", true};
  demanding.disk_bytes = 500u << 20;
  demanding.platforms = {{"debian", "12", "amd64"}, {.os = "fedora"}};
  model::Package late{.name = "late", .version = "1.0", .programs = {demanding}};
  late.persist = late.retired = true;
  const model::Collection collection{
      .name = "c",
      .limited_to = "other",
      .rules = {model::QueryRule{"Device | where Name has \"é: #\"\n"}, model::DeviceRule{"PC-1"},
                model::IncludeRule{"servers"}, model::ExcludeRule{"pilot"}}};
  model::Deployment deployment{
      .name = "d", .package = "p", .program = "install", .collection = "c"};
  deployment.start = model::Now{};
  model::Deployment timed = deployment;
  timed.name = "true";  // a name that YAML would take for something else
  timed.start = Timestamp{1'770'000'000'123};
  timed.deadline.emplace(model::Now{});
  model::Deployment after = deployment;
  after.name = "after";
  after.events = {model::DeploymentEvent::Idle};
  after.after = {"d", "true"};
  return {{package, server_fields()},
          {collection},
          {deployment, server_fields()},
          {timed},
          {late},
          {after}};
}

TEST(ObjectsEncode, WritesWhatDecodeReads) {
  std::vector<wire::Node> nodes;
  for (const AnyObject& object : samples()) {
    nodes.push_back(encode_object(object));
    const auto again = decode_object(nodes.back());
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(*again, object);
  }
  const auto from_yaml = decode_objects(wire::emit_yaml(nodes), "export");
  ASSERT_TRUE(from_yaml) << from_yaml.error().text();
  EXPECT_EQ(*from_yaml, samples());
}

TEST(ObjectsEncode, GivesTheSameObjectThroughJson) {
  for (const AnyObject& object : samples()) {
    const auto node = wire::node_from_json(wire::node_to_json(encode_object(object)));
    ASSERT_TRUE(node);
    EXPECT_EQ(*decode_object(*node), object);
    // JSON is YAML too, so an interface's answer can be applied as it came.
    EXPECT_EQ(decode_objects(wire::node_to_json(encode_object(object)), "f")->at(0), object);
  }
}

TEST(ObjectsEncode, KeepsTheSpecAloneForTheDatabase) {
  for (const AnyObject& object : samples()) {
    const auto again = decode_spec(object.kind(), object.name(), encode_spec(object));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->value, object.value);
    EXPECT_EQ(again->server, ServerFields{});
  }
}

// The stored form: a change of these bytes needs a migration of site databases.
TEST(ObjectsEncode, HasTheseBytes) {
  const auto all = samples();
  EXPECT_EQ(
      encode_spec(all[0]),
      R"({"version":"1.0","source":"./hello","programs":[{"name":"install","argv":["sh","-c",)"
      R"("echo \"a  b\" > x\n",""],"runAs":"user","maxRuntime":"P1D","successCodes":[0,-5,)"
      R"(2147483647],"rebootCodes":[]},{"name":"b","argv":["x"],"runAs":"system",)"
      R"("maxRuntime":"PT15M","successCodes":[0],"rebootCodes":[3010]}],"persist":false,)"
      R"("retired":false})");
  EXPECT_EQ(encode_spec(all[1]),
            R"({"limitedTo":"other","rules":[{"query":"Device | where Name has \"é: #\"\n"},)"
            R"({"device":"PC-1"},{"include":"servers"},{"exclude":"pilot"}],"precedence":0})");
  EXPECT_EQ(encode_spec(all[2]),
            R"({"package":"p","program":"install","collection":"c","purpose":"required",)"
            R"("start":"now","enabled":true,"rerun":"never",)"
            R"("notice":false,"ignoreMaintenanceWindows":false})");
  EXPECT_EQ(
      wire::emit_yaml(encode_object(all[3])),
      "apiVersion: muster/v1\nkind: Deployment\nmetadata:\n  name: \"true\"\nspec:\n"
      "  package: p\n  program: install\n  collection: c\n  purpose: required\n"
      "  start: \"2026-02-02T02:40:00.123Z\"\n  deadline: now\n"
      "  enabled: true\n  rerun: never\n  notice: false\n  ignoreMaintenanceWindows: false\n");
  EXPECT_EQ(encode_spec(all[4]),
            R"({"version":"1.0","programs":[{"name":"b","argv":["x"],"runAs":"system",)"
            R"("maxRuntime":"PT15M","successCodes":[0],"rebootCodes":[3010],"runFirst":)"
            R"({"package":"base","program":"prepare","everyTime":true},"diskSpace":"500 MiB",)"
            R"("platforms":[{"os":"debian","version":"12","architecture":"amd64"},)"
            R"({"os":"fedora"}]}],"persist":true,"retired":true})");
  EXPECT_NE(encode_spec(all[5]).find(R"("events":["idle","after d","after true"])"),
            std::string::npos);
}

TEST(ObjectsEncode, RefusesASpecOfAnotherKindOrWithABadName) {
  const auto all = samples();
  EXPECT_TRUE(decode_spec(ObjectKind::Collection, "x", encode_spec(all[0]))
                  .error()
                  .is(wire::kFieldUnknown));
  EXPECT_TRUE(
      decode_spec(ObjectKind::Package, "A b", encode_spec(all[0])).error().is(model::kBadName));
  const Bytes spec = encode_spec(all[0]);
  for (std::size_t size = 0; size < spec.size(); ++size)
    EXPECT_FALSE(decode_spec(ObjectKind::Package, "p", spec.substr(0, size))) << size;
}

TEST(ServerFields, MustBeThoseOfTheStoredObjectWhereTheyAreGiven) {
  const ServerFields stored = server_fields();
  EXPECT_TRUE(check_server_fields({}, stored));
  EXPECT_TRUE(check_server_fields(stored, stored));
  EXPECT_TRUE(check_server_fields({}, {}));
  ServerFields file = stored;
  file.serial = 11;
  EXPECT_TRUE(check_server_fields(file, stored).error().is(kObjectStale));
  file = stored;
  file.id = *model::ObjectId::parse("P01-00001B");
  EXPECT_TRUE(check_server_fields(file, stored).error().is(kObjectIdentity));
  file = stored;
  file.site = *model::SiteCode::parse("P02");
  EXPECT_TRUE(check_server_fields(file, stored).error().is(kObjectIdentity));
  EXPECT_TRUE(check_server_fields(stored, {}).error().is(kObjectIdentity));
}

TEST(ObjectKind, HasOneSpelling) {
  for (const ObjectKind kind :
       {ObjectKind::Package, ObjectKind::Collection, ObjectKind::Deployment})
    EXPECT_EQ(parse_object_kind(to_text(kind)), kind);
  EXPECT_FALSE(parse_object_kind("package"));
  EXPECT_FALSE(parse_object_kind(""));
}

}  // namespace
}  // namespace muster::contract
