// What a machine's own administrator may say of classes, and what not.
#include "roles/client/inventory/local_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "roles/client/inventory/errors.h"
#include "roles/client/platform/local_class_files.h"

namespace muster::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Timestamp kNow{1'790'000'000'000};

std::string yaml(const std::string& type, const std::string& path) {
  return "apiVersion: muster/v1\nkind: InventoryClass\nmetadata: {name: here}\nspec: {class: " +
         type +
         ", sentence: A thing., columns: [{name: Name, sentence: Its name., from: '1'}], "
         "files: {paths: [" +
         path + "]}, format: {delimited: {separator: ':'}}}\n";
}

class LocalClasses : public testing::Test {
 protected:
  // /tmp can be written by everybody, so what is trusted lies elsewhere.
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root has a folder that is root's alone";
    folder_ = fmt::format("/var/lib/muster-test-classes-{}", ::getpid());
    std::filesystem::create_directory(folder_);
    signed_.declared.name = "things";
    signed_.declared.definition = {"Thing", "A thing.", {{"Name", {}, {}, "Its name."}}};
    signed_.declared.sources = {{"1"}};
    signed_.declared.collector = model::FileCollector{{"/etc/things"}};
    signed_.declared.form = model::DelimitedForm{};
    signed_.expires = kNow;
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) {
    const auto file = folder_ / name;
    std::ofstream(file) << text;
    ASSERT_EQ(::chmod(file.c_str(), mode), 0);
  }
  std::vector<TrustedClass> classes() {
    std::vector<Error> errors;
    const auto local = read_local_classes(folder_, errors);
    auto out = with_local_classes({signed_}, local, errors);
    errors_.clear();
    for (const Error& error : errors) errors_.emplace_back(error.kind().name);
    return out;
  }

  std::filesystem::path folder_;
  TrustedClass signed_;
  std::vector<std::string> errors_;
};

TEST_F(LocalClasses, SayWhereTheRowsComeFromAndNothingElse) {
  write("a.yaml", yaml("Thing", "/opt/things"));
  TrustedClass expected = signed_;
  expected.declared.collector = model::FileCollector{{"/opt/things"}};
  expected.declared.form = model::DelimitedForm{.separator = ':'};
  EXPECT_THAT(classes(), ElementsAre(expected));
  EXPECT_THAT(errors_, IsEmpty());
  EXPECT_EQ(expected.expires, kNow);  // of what the operator signed
}

TEST_F(LocalClasses, OfAClassThatTheSiteDoesNotKnowThereAreNoRows) {
  write("a.yaml", yaml("Other", "/opt/things"));
  EXPECT_THAT(classes(), ElementsAre(signed_));
  EXPECT_THAT(errors_, ElementsAre("local-class-unknown"));
}

TEST_F(LocalClasses, OtherColumnsAreRefused) {
  std::string text = yaml("Thing", "/opt/things");
  text.replace(text.find("Its name."), 9, "Its title");
  write("a.yaml", text);
  EXPECT_THAT(classes(), ElementsAre(signed_));
  EXPECT_THAT(errors_, ElementsAre("local-class-differs"));
}

TEST_F(LocalClasses, TheFirstOfTwoFilesCounts) {
  write("a.yaml", yaml("Thing", "/opt/first"));
  write("b.yaml", yaml("Thing", "/opt/second"));
  write("c.yml", yaml("Thing", "/opt/third"));
  const auto found = classes();
  EXPECT_EQ(std::get<model::FileCollector>(found[0].declared.collector).paths[0], "/opt/first");
  EXPECT_THAT(errors_, ElementsAre("local-class-twice"));
}

TEST_F(LocalClasses, AFileThatOthersCanWriteIsLeftOutAndSoIsAnotherKind) {
  write("a.yaml", yaml("Thing", "/opt/things"), 0666);
  write("b.yaml",
        "apiVersion: muster/v1\nkind: Boundary\nmetadata: {name: b}\n"
        "spec: {subnet: 10.0.0.0/8}\n");
  write("c.yaml", "spec: [");
  EXPECT_THAT(classes(), ElementsAre(signed_));
  ASSERT_EQ(errors_.size(), 3u);
  EXPECT_EQ(errors_[0], "command-untrusted");
  EXPECT_EQ(errors_[1], "fact-unreadable");
}

TEST_F(LocalClasses, WithoutAFolderNothingChanges) {
  std::vector<Error> errors;
  EXPECT_THAT(read_local_classes(folder_ / "none", errors), IsEmpty());
  EXPECT_THAT(errors, IsEmpty());
}

}  // namespace
}  // namespace muster::client
