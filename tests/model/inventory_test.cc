#include "model/inventory.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "base/os/file.h"
#include "base/random.h"
#include "base/sha256.h"
#include "model/errors.h"

namespace muster::model {
namespace {

const InventoryClass& type_of(std::string_view name) { return *find_inventory_class(name); }

Row software(std::string name, std::string version) {
  Row row(type_of("InstalledSoftware").columns.size());
  row[0] = std::move(name);
  row[1] = Version{VersionScheme::Dpkg, std::move(version)};
  row[7] = std::int64_t{1234};
  return row;
}

Row disk(std::string name, std::int64_t free_mb) {
  const InventoryClass& type = type_of("LogicalDisk");
  Row row(type.columns.size());
  row[*type.column("Name")] = std::move(name);
  row[*type.column("SizeMB")] = std::int64_t{10'000};
  row[*type.column("FreeMB")] = free_mb;
  row[*type.column("ReadOnly")] = std::int64_t{0};
  return row;
}

std::string_view text(ColumnType type) {
  constexpr std::string_view kNames[] = {"Text", "Integer", "Boolean", "Time", "Version"};
  return kNames[static_cast<std::size_t>(type)];
}
std::string_view text(ColumnKind kind) {
  constexpr std::string_view kNames[] = {"Shared", "Unique", "Volatile"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string rendered_classes() {
  std::string out =
      "# Inventory classes\n\n"
      "Generated from src/model/inventory_classes.cc: run the test named InventoryClasses with\n"
      "`MUSTER_WRITE_DOCS=1` after a change there.\n\n"
      "Shared columns are the same on many devices, Unique ones belong to one device, Volatile "
      "ones\n"
      "change by themselves and never make a row a changed one. Times are UTC. What could not be\n"
      "found out on a device is absent.\n";
  for (const InventoryClass& type : inventory_classes()) {
    out += fmt::format("\n## {}\n{}\n\n| column | type | kind | meaning |\n|---|---|---|---|\n",
                       type.name, type.sentence);
    for (const Column& column : type.columns)
      out += fmt::format("| {} | {} | {} | {} |\n", column.name, text(column.type),
                         text(column.kind), column.sentence);
  }
  return out;
}

TEST(InventoryClasses, StandInTheDocumentationAsTheyAreDeclared) {
  const std::string path = MUSTER_SOURCE_DIR "/docs/inventory-classes.md";
  if (std::getenv("MUSTER_WRITE_DOCS") != nullptr) std::ofstream(path) << rendered_classes();
  const auto file = os::read_file(path);
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(*file, rendered_classes()) << "run this test with MUSTER_WRITE_DOCS=1";
}

TEST(InventoryClasses, HaveDistinctNamesAndOneSentencePerColumn) {
  std::set<std::string_view> classes;
  for (const InventoryClass& type : inventory_classes()) {
    EXPECT_TRUE(classes.insert(type.name).second) << type.name;
    EXPECT_EQ(find_inventory_class(type.name), &type);
    std::set<std::string_view> columns;
    for (const Column& column : type.columns) {
      EXPECT_TRUE(columns.insert(column.name).second) << type.name << "." << column.name;
      EXPECT_TRUE(column.sentence.ends_with('.')) << column.name;
      // The query language has a column of this name in each class.
      EXPECT_NE(column.name, "Device") << type.name;
    }
  }
  EXPECT_EQ(find_inventory_class("installedsoftware"), nullptr);
  EXPECT_FALSE(type_of("Device").column("name"));
}

TEST(InventoryClasses, ShareAllColumnsOfInstalledSoftware) {
  for (const Column& column : type_of("InstalledSoftware").columns)
    EXPECT_EQ(column.kind, ColumnKind::Shared) << column.name;
}

TEST(CheckRow, RefusesWhatTheClassDoesNotDeclare) {
  const InventoryClass& type = type_of("LogicalDisk");
  const std::size_t name = *type.column("Name");
  const auto error = [&](const Row& row) {
    const auto result = check_row(type, row);
    EXPECT_FALSE(result);
    if (result) return std::string();
    EXPECT_TRUE(result.error().is(kBadRow));
    return result.error().detail();
  };
  Row row = disk("/", 1);
  EXPECT_TRUE(check_row(type, row));
  EXPECT_TRUE(check_row(type, Row(type.columns.size())));
  row.pop_back();
  EXPECT_EQ(error(row), "LogicalDisk: 5 values for 6 columns");
  row = disk("/", 1);
  row[name] = std::int64_t{1};
  EXPECT_EQ(error(row), "LogicalDisk.Name: a text is wanted");
  row[name] = std::string(kLongestText + 1, 'a');
  EXPECT_NE(error(row).find("LogicalDisk.Name"), std::string::npos);
  row[name] = std::string(kLongestText, 'a');
  EXPECT_TRUE(check_row(type, row));
  row[name] = std::string("\xff");
  EXPECT_EQ(error(row), "LogicalDisk.Name: not UTF-8");
  row[name] = std::string("a\0b", 3);
  EXPECT_EQ(error(row), "LogicalDisk.Name: a text with a NUL character");
  row = disk("/", 1);
  row[*type.column("ReadOnly")] = std::int64_t{2};
  EXPECT_EQ(error(row), "LogicalDisk.ReadOnly: a boolean is 0 or 1");
}

TEST(CheckRow, RefusesVersionsThatNoPackageHas) {
  const InventoryClass& type = type_of("InstalledSoftware");
  EXPECT_TRUE(check_row(type, software("bash", "1.0")));
  for (const std::string& version : {std::string(), std::string(256, '1'), std::string("1\n2"),
                                     std::string("1\xff"), std::string("1\0", 2)})
    EXPECT_FALSE(check_row(type, software("bash", version))) << version;
  Row row = software("bash", "1");
  row[1] = Version{static_cast<VersionScheme>(77), "1"};
  EXPECT_FALSE(check_row(type, row));
}

TEST(EncodeRow, HasTheseBytes) {
  // Column 0 as text, column 1 as version, column 7 as number.
  const Bytes bytes =
      encode_row(type_of("InstalledSoftware"), software("bash", "5.2"), Columns::All);
  EXPECT_EQ(to_hex(bytes),
            "02"
            "04"
            "62617368"
            "07"
            "00"
            "03"
            "352e32"
            "1d"
            "a413");
}

TEST(EncodeRow, LeavesOutColumnsOfOtherKinds) {
  const InventoryClass& type = type_of("LogicalDisk");
  EXPECT_EQ(encode_row(type, disk("/", 1), Columns::Identity),
            encode_row(type, disk("/", 2), Columns::Identity));
  EXPECT_NE(encode_row(type, disk("/", 1), Columns::All),
            encode_row(type, disk("/", 2), Columns::All));
  const InventoryClass& adapter = type_of("NetworkAdapter");
  Row row(adapter.columns.size());
  row[0] = std::string("eth0");
  Row other = row;
  other[*adapter.column("MacAddress")] = std::string("52:54:00:00:00:01");
  EXPECT_EQ(encode_row(adapter, row, Columns::Shared), encode_row(adapter, other, Columns::Shared));
  EXPECT_NE(encode_row(adapter, row, Columns::Identity),
            encode_row(adapter, other, Columns::Identity));
}

TEST(DecodeRow, ReturnsWhatWasEncodedForEachClassAndKind) {
  SeededRandom random(7);
  for (const InventoryClass& type : inventory_classes())
    for (int round = 0; round < 50; ++round) {
      Row row(type.columns.size());
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (random.below(4) == 0) continue;
        switch (type.columns[i].type) {
          case ColumnType::Text:
            row[i] = std::string(random.below(200), 'x');
            break;
          case ColumnType::Version:
            row[i] = Version{static_cast<VersionScheme>(random.below(3)), to_hex(random.bytes(2))};
            break;
          case ColumnType::Boolean:
            row[i] = static_cast<std::int64_t>(random.below(2));
            break;
          default:
            row[i] = static_cast<std::int64_t>(random.u64()) >> random.below(64);
        }
      }
      const auto all = decode_row(type, encode_row(type, row, Columns::All), Columns::All);
      ASSERT_TRUE(all) << all.error().text();
      EXPECT_EQ(*all, row);
      for (const auto which : {Columns::Shared, Columns::Identity}) {
        const auto part = decode_row(type, encode_row(type, row, which), which);
        ASSERT_TRUE(part) << part.error().text();
        EXPECT_EQ(encode_row(type, *part, Columns::All), encode_row(type, row, which));
      }
    }
}

TEST(DecodeRow, RefusesRowsCutOffWithinAValue) {
  const InventoryClass& type = type_of("InstalledSoftware");
  const Bytes bytes = encode_row(type, software("bash", "5.2"), Columns::All);
  // Absent columns are not written, so a cut between two values is a row with fewer of them.
  const std::set<std::size_t> boundaries = {0, 6, 12, bytes.size()};
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto row = decode_row(type, bytes.substr(0, size), Columns::All);
    EXPECT_EQ(row.has_value(), boundaries.contains(size)) << size;
    if (row) {
      EXPECT_EQ(encode_row(type, *row, Columns::All), bytes.substr(0, size));
    }
  }
}

TEST(DecodeRow, RefusesEveryOtherSpelling) {
  const InventoryClass& type = type_of("LogicalDisk");
  const auto decode = [&](std::string_view hex, Columns which) {
    return decode_row(type, *from_hex(hex), which);
  };
  EXPECT_TRUE(decode("02012f", Columns::All));
  EXPECT_FALSE(decode("02012f02012f", Columns::All)) << "a column twice";
  EXPECT_FALSE(
      decode("060161"
             "02012f",
             Columns::All))
      << "columns out of order";
  EXPECT_FALSE(decode("0102", Columns::All)) << "a number where a text stands";
  EXPECT_FALSE(decode("1a012f", Columns::All)) << "a column that is not there";
  EXPECT_FALSE(decode("1102", Columns::Identity)) << "a volatile column in the identity";
  EXPECT_TRUE(decode("1102", Columns::All));
  EXPECT_FALSE(decode("1504", Columns::All)) << "a boolean of 2";
  EXPECT_FALSE(decode("0201ff", Columns::All)) << "not UTF-8";
  EXPECT_FALSE(decode("02812f", Columns::All)) << "a length behind the end";
  EXPECT_FALSE(decode("00", Columns::All)) << "no tag";
  EXPECT_FALSE(decode_row(type_of("InstalledSoftware"), *from_hex("07090131"), Columns::All))
      << "an unknown version scheme";
}

TEST(RowSetDigest, IsTheSumOfTheRowsWhateverTheirOrder) {
  const InventoryClass& type = type_of("InstalledSoftware");
  RowSetDigest a;
  RowSetDigest b;
  a.add(type, software("bash", "1"));
  a.add(type, software("dash", "1"));
  b.add(type, software("dash", "1"));
  EXPECT_NE(a, b);
  b.add(type, software("bash", "1"));
  EXPECT_EQ(a, b);
  b.add(type, software("bash", "1"));
  EXPECT_NE(a, b) << "a row twice is not a row once";
  b.remove(type, software("bash", "1"));
  EXPECT_EQ(a, b);
  b.remove(type, software("bash", "1"));
  b.remove(type, software("dash", "1"));
  EXPECT_EQ(b, RowSetDigest());
  EXPECT_EQ(b.text(), std::string(48, '0'));
}

TEST(RowSetDigest, IsTheTruncatedHashOfClassAndIdentity) {
  const InventoryClass& type = type_of("LogicalDisk");
  RowSetDigest digest;
  digest.add(type, disk("/", 5));
  Bytes input = "\x0bLogicalDisk";
  input += encode_row(type, disk("/", 5), Columns::Identity);
  EXPECT_EQ(digest.text(), "0000000000000001" + sha256_hex(input).substr(0, 32));
  RowSetDigest other;
  other.add(type, disk("/", 6));
  EXPECT_EQ(digest, other) << "volatile values are no part of it";
}

TEST(RowSetDigest, ReadsItsTextAndNothingElse) {
  RowSetDigest digest;
  digest.add(type_of("LogicalDisk"), disk("/", 5));
  const std::string good = digest.text();
  const auto parsed = RowSetDigest::parse(good);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, digest);
  EXPECT_EQ(parsed->count(), 1u);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(RowSetDigest::parse(good.substr(0, size)));
  EXPECT_FALSE(RowSetDigest::parse(good + "00"));
  EXPECT_FALSE(RowSetDigest::parse(std::string(48, 'G')));
}

}  // namespace
}  // namespace muster::model
