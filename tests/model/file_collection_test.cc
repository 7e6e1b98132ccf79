#include "model/file_collection.h"

#include <gtest/gtest.h>

#include "model/object_errors.h"

namespace muster::model {
namespace {

FileCollection sample() {
  FileCollection out;
  out.name = "sample";
  out.paths = {"/etc/app/*.conf", "/srv/*/.profile"};
  return out;
}

TEST(FileCollection, NamesTheFilesThatItsPatternsDescribeAndNoOthers) {
  const FileCollection collection = sample();
  for (const char* path : {"/etc/app/a.conf", "/srv/eve/.profile"})
    EXPECT_TRUE(names_file(collection, path)) << path;
  for (const char* path : {"/etc/app/.a.conf", "/etc/app/a.conf.old", "/etc/app/sub/a.conf",
                           "/etc/shadow", "/srv/.hidden/.profile", "/srv/eve/.profile/x", "/"})
    EXPECT_FALSE(names_file(collection, path)) << path;
}

TEST(FileCollection, RefusesPatternsOfRestrictedFiles) {
  FileCollection collection = sample();
  ASSERT_TRUE(check_file_collection(collection));
  collection.restricted = true;
  EXPECT_TRUE(check_file_collection(collection).error().is(kBadFileCollection));
  collection.paths = {"/etc/shadow"};
  EXPECT_TRUE(check_file_collection(collection));
  collection.paths = {"/etc/shado?"};
  EXPECT_TRUE(check_file_collection(collection).error().is(kBadFileCollection));
}

TEST(FileCollection, RefusesWhatIsOutOfItsBounds) {
  const auto refuses = [](auto change) {
    FileCollection collection = sample();
    change(collection);
    return !check_file_collection(collection);
  };
  EXPECT_TRUE(refuses([](auto& each) { each.paths.clear(); }));
  EXPECT_TRUE(refuses([](auto& each) { each.paths.assign(33, "/etc/a"); }));
  EXPECT_TRUE(refuses([](auto& each) { each.paths = {"etc/a"}; }));
  EXPECT_TRUE(refuses([](auto& each) { each.paths = {"/etc/../a"}; }));
  EXPECT_TRUE(refuses([](auto& each) { each.file_limit = 0; }));
  EXPECT_TRUE(refuses([](auto& each) { each.file_limit = kMostFileLimit + 1; }));
  EXPECT_TRUE(refuses([](auto& each) { each.interval = kLeastFileInterval - Duration(1); }));
  EXPECT_TRUE(refuses([](auto& each) { each.interval = kMostFileInterval + Duration(1); }));
}

TEST(FileCollection, KnowsPathsThatClientsCanSend) {
  for (const char* path : {"/a", "/a/b*c", "/a/b?", "/ä/**"})
    EXPECT_TRUE(is_collected_path(path)) << path;
  for (const std::string& path :
       {std::string("a"), std::string(""), std::string("/"), std::string("/a//b"),
        std::string("/a/../b"), std::string("/a/./b"), std::string("/a\nb"), std::string("/a\xff"),
        std::string("/a\0b", 4), "/" + std::string(1024, 'a')})
    EXPECT_FALSE(is_collected_path(path)) << path;
}

}  // namespace
}  // namespace muster::model
