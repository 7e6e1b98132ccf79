#include "contract/inventory_report.h"

#include <gtest/gtest.h>

#include "contract/document_errors.h"

namespace muster::contract {
namespace {

model::ClassRows software() {
  const auto* type = model::find_inventory_class("InstalledSoftware");
  model::Row row(type->columns.size());
  row[*type->column("Name")] = std::string("openssl");
  row[*type->column("Version")] = model::Version{model::VersionScheme::Dpkg, "3.0.11-1~deb12u2"};
  row[*type->column("InstalledSizeKB")] = std::int64_t{2288};
  return {type, {row}};
}

InventoryReport sample() {
  InventoryReport report;
  report.collected = {1'790'000'000'000};
  report.resync = 4;
  report.rows = {software()};
  report.digest.add(*report.rows[0].type, report.rows[0].rows[0]);
  return report;
}

TEST(InventoryReport, OfAllRowsComesBackAsItWas) {
  const auto read = decode_inventory_report(encode_inventory_report(sample()), model::Schema());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->kind, InventoryReport::Kind::Full);
  EXPECT_EQ(read->resync, 4u);
  EXPECT_EQ(read->digest, sample().digest);
  ASSERT_EQ(read->rows.size(), 1u);
  EXPECT_EQ(read->rows[0].rows, software().rows);
}

TEST(InventoryReport, OfAChangeCarriesItsBaseAndWhatWent) {
  InventoryReport report = sample();
  report.kind = InventoryReport::Kind::Delta;
  report.base = report.digest;
  report.removed = {software()};
  const auto read = decode_inventory_report(encode_inventory_report(report), model::Schema());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->kind, InventoryReport::Kind::Delta);
  EXPECT_EQ(read->base, report.base);
  EXPECT_EQ(read->removed[0].rows, software().rows);
}

TEST(InventoryReport, IsRefusedWhereverItIsCutOff) {
  const Bytes text = encode_inventory_report(sample());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_inventory_report(ByteView(text).substr(0, size), model::Schema())) << size;
}

// Clients and sites are updated at different times.
TEST(InventoryReport, ToleratesColumnsThatOneSideDoesNotKnow) {
  std::string text = encode_inventory_report(sample());
  text.replace(text.find("\"Section\""), 9, "\"Newness\"");
  const auto read = decode_inventory_report(text, model::Schema());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->rows[0].rows, software().rows);
}

TEST(InventoryReport, NamesAnUnknownClass) {
  std::string text = encode_inventory_report(sample());
  text.replace(text.find("InstalledSoftware"), 17, "InstalledHardware");
  EXPECT_TRUE(decode_inventory_report(text, model::Schema()).error().is(kUnknownClass));
}

// What the site says of a client is not the client's to say.
TEST(InventoryReport, RefusesRowsOfTheSitesOwnClasses) {
  std::string text = encode_inventory_report(sample());
  text.replace(text.find("InstalledSoftware"), 17, "Client");
  const auto refused = decode_inventory_report(text, model::Schema());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(kBadMember));
  EXPECT_NE(refused.error().text().find("rows of 'Client' are the site's own"), std::string::npos);
}

TEST(InventoryReport, NamesEachClassOnce) {
  InventoryReport report = sample();
  report.rows.push_back(software());
  EXPECT_TRUE(decode_inventory_report(encode_inventory_report(report), {}).error().is(kBadMember));
}

TEST(Heartbeat, NamesNoMachineByControlCharacters) {
  Heartbeat heartbeat;
  heartbeat.name = "pc\x1b[2J";
  EXPECT_TRUE(decode_heartbeat(encode_heartbeat(heartbeat), {}).error().is(kBadMember));
}

TEST(Heartbeat, CarriesNoMoreRowsThanItsMost) {
  Heartbeat heartbeat;
  heartbeat.name = "pc";
  heartbeat.volatile_rows = {{software().type, {}}};
  heartbeat.volatile_rows[0].rows.assign(kMostVolatileRows, software().rows[0]);
  EXPECT_TRUE(decode_heartbeat(encode_heartbeat(heartbeat), {}));
  heartbeat.volatile_rows[0].rows.push_back(software().rows[0]);
  EXPECT_TRUE(decode_heartbeat(encode_heartbeat(heartbeat), {}).error().is(kTooMuch));
}

TEST(InventoryReport, IsRefusedWithARowOfAnotherLength) {
  std::string text = encode_inventory_report(sample());
  text.replace(text.find("[\"openssl\","), 11, "[");
  EXPECT_TRUE(decode_inventory_report(text, model::Schema()).error().is(kBadMember));
}

TEST(InventoryReport, IsRefusedWithAVersionOfNoScheme) {
  std::string text = encode_inventory_report(sample());
  text.replace(text.find("dpkg 3"), 6, "peculi");
  EXPECT_FALSE(decode_inventory_report(text, model::Schema()));
}

TEST(Heartbeat, ComesBackAsItWas) {
  Heartbeat heartbeat;
  heartbeat.sent = {1'790'000'000'000};
  heartbeat.name = "web01";
  heartbeat.client_version = "0.1.0";
  heartbeat.inventory = sample().digest;
  const auto read = decode_heartbeat(encode_heartbeat(heartbeat), model::Schema());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->name, "web01");
  EXPECT_EQ(read->inventory, heartbeat.inventory);
}

TEST(Heartbeat, IsRefusedWithANameOverALabelsLength) {
  Heartbeat heartbeat;
  heartbeat.name = std::string(256, 'x');
  EXPECT_TRUE(
      decode_heartbeat(encode_heartbeat(heartbeat), model::Schema()).error().is(kBadMember));
}

TEST(Heartbeat, IsRefusedWithControlCharactersInItsName) {
  for (const char* name : {"a\nb", "\x1b[2J", "a\x7f"}) {
    Heartbeat heartbeat;
    heartbeat.name = name;
    EXPECT_TRUE(
        decode_heartbeat(encode_heartbeat(heartbeat), model::Schema()).error().is(kBadMember))
        << name;
  }
}

TEST(InventoryReport, NamesItsClassesAlsoWhenItCannotBeTaken) {
  EXPECT_EQ(reported_classes(encode_inventory_report(sample())),
            std::vector<std::string>{"InstalledSoftware"});
  EXPECT_EQ(reported_classes(R"({"rows":[{"class":"A"},{"x":1}],"removed":[{"class":"B"}]})"),
            (std::vector<std::string>{"A", "B"}));
  EXPECT_TRUE(reported_classes("{").empty());
}

}  // namespace
}  // namespace muster::contract
