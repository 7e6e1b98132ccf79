#include "roles/client/inventory/software_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/settings_tables.h"
#include "roles/client/platform/root_source.h"
#include "tests/client/inventory_text.h"
#include "tests/client/temporary_folder.h"
#include "tests/client/written_source.h"

namespace muster::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

SoftwareFileRules rules(std::vector<std::string> roots, std::vector<std::string> patterns = {"*"}) {
  SoftwareFileRules out;
  out.roots = std::move(roots);
  out.patterns = std::move(patterns);
  return out;
}

std::vector<std::string> paths(const Result<Collected>& collected) {
  if (!collected) return {collected.error().kind().name.data()};
  std::vector<std::string> out;
  for (const model::Row& row : collected->rows) out.push_back(std::get<std::string>(row[1]));
  return out;
}

TEST(FilePatterns, KnowStarsAndQuestionMarks) {
  for (const auto& [pattern, name] :
       std::vector<std::pair<const char*, const char*>>{{"*", ""},
                                                        {"*", "x"},
                                                        {"*.jar", ".jar"},
                                                        {"*.jar", "a.jar.jar"},
                                                        {"a?c", "abc"},
                                                        {"a*b*c", "a-b-b-c"},
                                                        {"", ""},
                                                        {"**", "x"},
                                                        {"a*", "a"}})
    EXPECT_TRUE(matches_pattern(pattern, name)) << pattern << " " << name;
  for (const auto& [pattern, name] : std::vector<std::pair<const char*, const char*>>{
           {"", "x"}, {"?", ""}, {"*.jar", "a.JAR"}, {"a?c", "ac"}, {"a*b", "a-b-c"}, {"x", "xx"}})
    EXPECT_FALSE(matches_pattern(pattern, name)) << pattern << " " << name;
  // Many stars cost no more than name x pattern.
  EXPECT_FALSE(matches_pattern(std::string(2000, '*') + "b", std::string(2000, 'a')));
}

TEST(SoftwareFiles, AreFoundByFolderAndName) {
  WrittenSource source;
  source.files = {{"/opt/a/tool.jar", "12345"}, {"/opt/a/read.me", ""}, {"/opt/b.jar", ""},
                  {"/opt/a/deep/er/c.jar", ""}, {"/srv/d.jar", ""},     {"/opt/far/e.jar", ""}};
  source.links = {{"/opt/a/tool2.jar", "tool.jar"}};
  source.files["/opt/a/tool2.jar"] = "12345";
  source.devices = {"/opt/far"};
  EXPECT_THAT(paths(collect_software_files(source, rules({"/opt"}, {"*.jar"}))),
              ElementsAre("/opt/a/deep/er/c.jar", "/opt/a/tool.jar", "/opt/b.jar"));
  EXPECT_THAT(
      row_texts("SoftwareFile", collect_software_files(source, rules({"/opt/a"}, {"t*l.jar"}))),
      ElementsAre("Name=tool.jar Path=/opt/a/tool.jar SizeBytes=5 Modified=1000"));
  EXPECT_THAT(
      paths(collect_software_files(source, rules({"/opt", "/opt/a", "/none"}, {"tool.jar"}))),
      ElementsAre("/opt/a/tool.jar"));
  auto shallow = rules({"/opt"}, {"*.jar"});
  shallow.deepest = 0;
  EXPECT_THAT(paths(collect_software_files(source, shallow)), ElementsAre("/opt/b.jar"));
  auto without = rules({"/opt"}, {"*.jar"});
  without.excluded = {"/opt/a"};
  EXPECT_THAT(paths(collect_software_files(source, without)), ElementsAre("/opt/b.jar"));
  EXPECT_THAT(paths(collect_software_files(source, rules({}))), IsEmpty());
}

TEST(SoftwareFiles, RespectTheMarkersOfThoseWhoWantNotToBeSearched) {
  for (const char* marker : {"skpswi.dat", ".muster-skip"}) {
    WrittenSource source;
    source.files = {{"/opt/a/x", ""}, {"/opt/a/below/y", ""}, {"/opt/z", ""}};
    source.files[std::string("/opt/a/") + marker] = "";
    EXPECT_THAT(paths(collect_software_files(source, rules({"/opt"}))), ElementsAre("/opt/z"));
    source.files[std::string("/opt/") + marker] = "";
    EXPECT_THAT(paths(collect_software_files(source, rules({"/opt"}))), IsEmpty());
  }
}

TEST(SoftwareFiles, OverALimitAreNotReportedByHalf) {
  WrittenSource source;
  for (int i = 0; i < 10; ++i) source.files[fmt::format("/opt/f{}", i)] = "";
  auto limited = rules({"/opt"});
  limited.most_files = 9;
  EXPECT_THAT(paths(collect_software_files(source, limited)),
              ElementsAre("too-many-software-files"));
  limited.most_files = 10;
  EXPECT_EQ(paths(collect_software_files(source, limited)).size(), 10u);
  limited.is_over = [] { return true; };
  EXPECT_THAT(paths(collect_software_files(source, limited)),
              ElementsAre("too-many-software-files"));
}

TEST(SoftwareFiles, NameThePackageThatTheyBelongTo) {
  WrittenSource source;
  source.files = {
      {"/usr/bin/tool", ""},
      {"/usr/bin/other", ""},
      {"/usr/bin/mine", ""},
      {"/var/lib/dpkg/status",
       "Package: one\nStatus: install ok installed\nVersion: 1:2-3\nArchitecture: all\n\n"
       "Package: two\nStatus: install ok installed\nVersion: 4\nArchitecture: amd64\n\n"
       "Package: gone\nStatus: deinstall ok config-files\nVersion: 5\n"},
      {"/var/lib/dpkg/info/one.list", "/.\n/bin\n/bin/tool\n"},
      {"/var/lib/dpkg/info/two:amd64.list", "/usr/bin/other\n"},
      {"/var/lib/dpkg/info/gone.list", "/usr/bin/mine\n"}};
  source.links = {{"/bin", "usr/bin"}};
  EXPECT_THAT(
      row_texts("SoftwareFile", collect_software_files(source, rules({"/usr/bin"}))),
      ElementsAre(
          "Name=mine Path=/usr/bin/mine SizeBytes=0 Modified=1000",
          "Name=other Path=/usr/bin/other SizeBytes=0 Modified=1000 Product=two Version=4",
          "Name=tool Path=/usr/bin/tool SizeBytes=0 Modified=1000 Product=one Version=1:2-3"));
}

// An ELF file of 64 bits whose only segment holds two notes; the second is the package's.
Bytes elf_with_note(std::string_view json) {
  const auto little = [](std::uint64_t value, std::size_t width) {
    Bytes out;
    for (std::size_t i = 0; i < width; ++i, value /= 256) out += static_cast<char>(value % 256);
    return out;
  };
  const auto note = [&](std::string_view owner, std::uint32_t type, std::string_view text) {
    Bytes out = little(owner.size(), 4) + little(text.size(), 4) + little(type, 4);
    out += owner;
    out.resize((out.size() + 3) / 4 * 4);
    out += text;
    out.resize((out.size() + 3) / 4 * 4);
    return out;
  };
  const Bytes notes =
      note(std::string_view("GNU", 4), 3, "12345") +
      note(std::string_view("FDO", 4), 0xcafe1a7e, std::string(json) + std::string(3, '\0'));
  Bytes out(
      "\x7f"
      "ELF\2\1\1");
  out.resize(0x20);
  out += little(64, 8) + Bytes(0x36 - 0x28, '\0') + little(56, 2) + little(1, 2);
  out.resize(64);
  out += little(4, 4) + little(4, 4) + little(120, 8) + Bytes(16, '\0') + little(notes.size(), 8) +
         little(notes.size(), 8) + little(4, 8);
  return out + notes;
}

TEST(SoftwareFiles, OfNoPackageSayThemselvesWhatTheyAre) {
  const auto told = [](const Bytes& content) {
    WrittenSource source;
    source.files = {{"/opt/x", content}};
    return row_texts("SoftwareFile", collect_software_files(source, rules({"/opt"}))).at(0);
  };
  const std::string_view json =
      R"({"type":"rpm","os":"fedora","name":"coreutils","version":"9.0-2~rc1"})";
  const Bytes whole = elf_with_note(json);
  EXPECT_EQ(told(whole),
            fmt::format("Name=x Path=/opt/x SizeBytes={} Modified=1000 Product=coreutils "
                        "Version=9.0-2~rc1",
                        whole.size()));
  for (const char* nothing : {"", "{}", "[]", R"({"name":""})", R"({"name":7})", "{\"name\":"})
    EXPECT_THAT(told(elf_with_note(nothing)), testing::Not(testing::HasSubstr("Product")));
  for (std::size_t size = 0; size < whole.size() - 5; ++size)
    EXPECT_THAT(told(whole.substr(0, size)), testing::Not(testing::HasSubstr("Product"))) << size;
  // Whatever a byte of the headers says, what comes out is a row that the model takes.
  for (std::size_t at = 0; at < 160; ++at)
    for (const char wild : {'\0', '\x7f', '\xff'}) {
      Bytes broken = whole;
      broken[at] = wild;
      EXPECT_THAT(told(broken), testing::HasSubstr("Path=/opt/x"));
    }
}

TEST(SoftwareFiles, OfAPackageBelongToItWhateverTheySay) {
  WrittenSource source;
  source.files = {{"/opt/x", elf_with_note(R"({"name":"forged","version":"1"})")},
                  {"/var/lib/dpkg/status",
                   "Package: one\nStatus: install ok installed\nVersion: 2\nArchitecture: all\n"},
                  {"/var/lib/dpkg/info/one.list", "/opt/x\n"}};
  EXPECT_THAT(row_texts("SoftwareFile", collect_software_files(source, rules({"/opt"}))).at(0),
              testing::EndsWith("Product=one Version=2"));
}

TEST(SoftwareFiles, OfARealTreeAreNeitherLinksNorPipes) {
  TemporaryFolder folder;
  folder.write("opt/program", "content");
  std::filesystem::create_symlink("program", folder.path() / "opt/link");
  std::filesystem::create_directory_symlink(".", folder.path() / "opt/circle");
  folder.write("opt/strange\x01\xff name", "x");
  const RootSource root = RootSource::open(folder.path()).value();
  EXPECT_THAT(paths(collect_software_files(root, rules({"/opt"}, {"program", "link", "circle"}))),
              ElementsAre("/opt/program"));
  EXPECT_EQ(row_texts("SoftwareFile", collect_software_files(root, rules({"/opt"}))).size(), 2u);
}

TEST(SoftwareFileRules, AreReadFromTheSettings) {
  const auto read = [](std::string_view name, std::string_view text) {
    Settings settings({client_settings()});
    EXPECT_TRUE(settings.set(name, text));
    return software_file_rules(settings);
  };
  EXPECT_THAT(read("software_files.roots", " /opt/, /usr/local ")->roots,
              ElementsAre("/opt", "/usr/local"));
  EXPECT_THAT(read("software_files.patterns", "*.jar, java")->patterns,
              ElementsAre("*.jar", "java"));
  for (const char* wrong : {"opt", "/opt/../etc", "/opt/./a", "//opt"})
    EXPECT_FALSE(read("software_files.roots", wrong).has_value()) << wrong;
  EXPECT_FALSE(read("software_files.patterns", "a/b").has_value());
}

}  // namespace
}  // namespace muster::client
