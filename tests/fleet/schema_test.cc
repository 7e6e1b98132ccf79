// Classes that come, get more columns and go while the fleet has rows and collections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/errors.h"
#include "fleet/fleet.h"
#include "model/errors.h"
#include "tests/fleet/samples.h"

namespace muster::fleet {
namespace {

using model::ColumnKind;
using model::ColumnType;
using samples::kNow;
using samples::query;
using testing::ElementsAre;
using testing::IsEmpty;

model::ClassDefinition licence(std::size_t columns = 2) {
  model::ClassDefinition out{"Licence",
                             "A licence.",
                             {{"Product", ColumnType::Text, ColumnKind::Shared, "."},
                              {"Key", ColumnType::Text, ColumnKind::Unique, "."},
                              {"Owner", ColumnType::Text, ColumnKind::Shared, "."},
                              {"Host", ColumnType::Text, ColumnKind::Unique, "."}}};
  out.columns.resize(columns);
  return out;
}

model::Schema schema_of(const std::vector<model::ClassDefinition>& definitions) {
  return model::Schema::with(definitions).value();
}

DeviceChange licences(DeviceNumber device, const model::Schema& schema,
                      const std::vector<std::string>& products) {
  DeviceChange out;
  out.device = device;
  out.name = fmt::format("pc{}", device);
  out.schema = schema;
  if (products.empty()) return out;
  model::ClassRows rows{schema.find("Licence"), {}};
  for (const std::string& product : products) {
    model::Row row(rows.type->columns.size());
    row[0] = product;
    row[1] = fmt::format("{}-{}", product, device);
    rows.rows.push_back(std::move(row));
  }
  out.added.push_back(std::move(rows));
  return out;
}

std::vector<DeviceNumber> matching(const Fleet& fleet, std::string_view text) {
  return fleet.devices_matching(query(text), kNow).value().numbers();
}

TEST(FleetSchema, AClassThatComesHasRowsQueriesAndCollections) {
  Fleet fleet;
  EXPECT_TRUE(fleet.devices_matching(query("Licence"), kNow).error().is(model::kQueryUnknownName));
  ASSERT_TRUE(fleet.apply(licences(1, {}, {}), kNow));
  const auto schema = schema_of({licence()});
  EXPECT_THAT(fleet.set_schema(schema), IsEmpty());
  EXPECT_THAT(matching(fleet, "Licence"), IsEmpty());
  ASSERT_TRUE(fleet.set_collection("c", {{query("Licence | where Product == 'a'")}, {}, {}}, kNow));
  ASSERT_TRUE(fleet.apply(licences(1, schema, {"a", "b"}), kNow));
  ASSERT_TRUE(fleet.apply(licences(2, schema, {"b"}), kNow));
  EXPECT_THAT(matching(fleet, "Licence | where Product == 'b'"), ElementsAre(1, 2));
  EXPECT_THAT(fleet.members("c").value(), ElementsAre(1));
  EXPECT_THAT(matching(fleet, "Licence | where Key == 'b-2'"), ElementsAre(2));
}

// They have no value there that somebody could give back.
TEST(FleetSchema, RowsThatAreOlderThanTheirColumnsGoAsOthersDo) {
  Fleet fleet;
  fleet.set_schema(schema_of({licence(2)}));
  for (DeviceNumber device = 1; device <= 3; ++device)
    ASSERT_TRUE(fleet.apply(licences(device, fleet.schema(), {"a", "b", "c"}), kNow));
  fleet.set_schema(schema_of({licence(3)}));
  ASSERT_TRUE(fleet.apply(licences(4, fleet.schema(), {"d"}), kNow));
  fleet.set_schema(schema_of({licence(4)}));
  for (DeviceNumber device = 1; device <= 2; ++device)
    ASSERT_TRUE(fleet.apply(licences(device, fleet.schema(), {"e", "f"}), kNow));
  for (DeviceNumber device = 1; device <= 4; ++device) fleet.remove(device);
  EXPECT_THAT(matching(fleet, "Licence"), IsEmpty());
  ASSERT_TRUE(fleet.apply(licences(5, fleet.schema(), {"a", "d"}), kNow));
  EXPECT_THAT(matching(fleet, "Licence | where Product == 'd' and isempty(Owner)"), ElementsAre(5));
}

TEST(FleetSchema, MoreColumnsLeaveTheRows) {
  Fleet fleet;
  const auto before = schema_of({licence(2)});
  const auto after = schema_of({licence(4)});
  fleet.set_schema(before);
  ASSERT_TRUE(fleet.apply(licences(1, before, {"a"}), kNow));
  const auto digest = fleet.digest(1).value();
  const auto rule = query("Licence | where Product == 'a'");
  ASSERT_TRUE(fleet.set_collection("c", {{rule}, {}, {}}, kNow));
  ASSERT_TRUE(fleet.set_collection("of-c", {{}, {}, {}, {"c"}}, kNow));
  EXPECT_THAT(fleet.set_schema(after), ElementsAre("c"));
  EXPECT_EQ(fleet.digest(1).value(), digest);
  EXPECT_THAT(fleet.members("c").value(), ElementsAre(1));
  EXPECT_THAT(fleet.set_collection("c", {{rule}, {}, {}}, kNow).value(), IsEmpty());
  EXPECT_THAT(fleet.members("of-c").value(), ElementsAre(1));
  // Old rows, those of a sender that has the old form still, and new ones.
  ASSERT_TRUE(fleet.apply(licences(2, before, {"a"}), kNow));
  EXPECT_THAT(fleet.members("c").value(), ElementsAre(1, 2));
  DeviceChange change = licences(3, after, {"a"});
  change.added[0].rows[0][2] = std::string("Ada");
  change.added[0].rows[0][3] = std::string("h3");
  ASSERT_TRUE(fleet.apply(change, kNow));
  EXPECT_THAT(matching(fleet, "Licence | where Owner == 'Ada'"), ElementsAre(3));
  EXPECT_THAT(matching(fleet, "Licence | where isempty(Host)"), ElementsAre(1, 2));
  EXPECT_THAT(fleet.members("of-c").value(), ElementsAre(1, 2, 3));
  // A delta with rows of the old form takes them out.
  DeviceChange gone = licences(1, before, {"a"});
  gone.extent = Extent::Delta;
  std::swap(gone.added, gone.removed);
  ASSERT_TRUE(fleet.apply(gone, kNow));
  EXPECT_THAT(fleet.members("c").value(), ElementsAre(2, 3));
}

TEST(FleetSchema, TheRowsOfAClassGoWithIt) {
  Fleet fleet;
  const auto schema = schema_of({licence()});
  fleet.set_schema(schema);
  ASSERT_TRUE(fleet.apply(licences(1, {}, {}), kNow));
  const auto empty = fleet.digest(1).value();
  ASSERT_TRUE(fleet.apply(licences(1, schema, {"a"}), kNow));
  const auto rows = fleet.rows(1).value();
  fleet.set_schema({});
  EXPECT_EQ(fleet.digest(1).value(), empty);
  EXPECT_THAT(fleet.rows(1)->classes, IsEmpty());
  // What was asked for before still says what it said.
  EXPECT_EQ(rows.classes[0].type->name, "Licence");
  EXPECT_TRUE(fleet.devices_matching(query("Licence"), kNow).error().is(model::kQueryUnknownName));
  // A late report of it changes nothing, and its name is free for other columns.
  ASSERT_TRUE(fleet.apply(licences(1, schema, {"a"}), kNow));
  EXPECT_THAT(fleet.rows(1)->classes, IsEmpty());
  model::ClassDefinition other{"Licence", ".", {{"Seats", ColumnType::Integer, {}, "."}}};
  const auto next = schema_of({other});
  fleet.set_schema(next);
  ASSERT_TRUE(fleet.apply(licences(1, schema, {"a"}), kNow));
  EXPECT_THAT(matching(fleet, "Licence"), IsEmpty());
}

TEST(FleetSchema, ColumnsThatAreOthersMakeAnotherClass) {
  Fleet fleet;
  fleet.set_schema(schema_of({licence()}));
  ASSERT_TRUE(fleet.apply(licences(1, fleet.schema(), {"a"}), kNow));
  ASSERT_TRUE(fleet.set_collection("c", {{query("Licence | where Product == 'a'")}, {}, {}}, kNow));
  model::ClassDefinition other = licence();
  other.columns[0].type = ColumnType::Integer;
  EXPECT_THAT(fleet.set_schema(schema_of({other})), ElementsAre("c"));
  EXPECT_THAT(matching(fleet, "Licence"), IsEmpty());
  const auto left =
      fleet.set_collection("c", {{query("Licence | where Product == 1")}, {}, {}}, kNow).value();
  EXPECT_THAT(left, ElementsAre(MembershipChange{"c", {}, DeviceSet({1})}));
}

TEST(FleetSchema, OtherClassesAreNotTouched) {
  Fleet fleet;
  model::ClassDefinition second = licence();
  second.name = "Permit";
  fleet.set_schema(schema_of({licence(), second}));
  ASSERT_TRUE(fleet.apply(licences(1, fleet.schema(), {"a"}), kNow));
  ASSERT_TRUE(fleet.set_collection("c", {{query("Licence | where Product == 'a'")}, {}, {}}, kNow));
  EXPECT_THAT(fleet.set_schema(schema_of({licence()})), IsEmpty());
  model::ClassDefinition third = licence();
  third.name = "Badge";
  EXPECT_THAT(fleet.set_schema(schema_of({licence(), third})), IsEmpty());
  ASSERT_TRUE(fleet.apply(licences(2, fleet.schema(), {"a"}), kNow));
  EXPECT_THAT(fleet.members("c").value(), ElementsAre(1, 2));
}

}  // namespace
}  // namespace muster::fleet
