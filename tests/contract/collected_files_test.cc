#include "contract/collected_files.h"

#include <gtest/gtest.h>

#include "contract/document_errors.h"

namespace muster::contract {
namespace {

// The hash as sha256sum gives it for "licence\n", the content as base64 does.
constexpr const char* kDocument =
    R"({"format":1,"collected":"2026-11-23T10:00:00Z","files":[{"collection":"web","path":"/etc/a.conf",)"
    R"("modified":"2026-11-22T10:00:00Z",)"
    R"("sha256":"SHA","content":"bGljZW5jZQo="}]})";
constexpr const char* kSha256 = "fcfb4896e3778b786f8b40630224460ec5b576223b014bd4f13bc22a01b5d024";

std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string document() { return with(kDocument, "SHA", kSha256); }

TEST(CollectedFiles, AreReadAsTheyWereWritten) {
  const auto read = decode_collected_files(document());
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read->files.size(), 1u);
  EXPECT_EQ(read->files[0].collection, "web");
  EXPECT_EQ(read->files[0].path, "/etc/a.conf");
  EXPECT_EQ(read->files[0].content, "licence\n");
  EXPECT_EQ(encode_collected_files(*read), document());
}

TEST(CollectedFiles, AreRefusedWithAnotherHashOrAStrangePath) {
  for (const auto& [from, to] :
       std::initializer_list<std::pair<const char*, const char*>>{{"bGljZW5jZQo=", "bGljZW5jZQ=="},
                                                                  {"/etc/a.conf", "etc/a.conf"},
                                                                  {"/etc/a.conf", "/etc/../a"},
                                                                  {"/etc/a.conf", "/etc/a\\u0000b"},
                                                                  {"/etc/a.conf", "/etc/a\\u001bb"},
                                                                  {"\"web\"", "\"../web\""},
                                                                  {"\"format\":1", "\"format\":2"}})
    EXPECT_FALSE(decode_collected_files(with(document(), from, to))) << from << " " << to;
}

TEST(CollectedFiles, AreRefusedInPieces) {
  const std::string whole = document();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_collected_files(std::string_view(whole).substr(0, size))) << size;
}

TEST(CollectedFiles, HaveBoundsOfNumberAndSize) {
  CollectedFiles report;
  for (std::size_t i = 0; i < kMostCollectedFiles; ++i)
    report.files.push_back({"web", "/etc/" + std::to_string(i), {}, "x"});
  EXPECT_TRUE(decode_collected_files(encode_collected_files(report)));
  report.files.push_back({"web", "/etc/more", {}, "x"});
  EXPECT_TRUE(decode_collected_files(encode_collected_files(report)).error().is(kTooMuch));
  report.files = {{"web", "/etc/a", {}, "x"}, {"web", "/etc/a", {}, "y"}};
  EXPECT_TRUE(decode_collected_files(encode_collected_files(report)).error().is(kBadMember));
  report.files = {{"web", "/etc/a", {}, Bytes((1u << 20) + 1, 'x')}};
  EXPECT_TRUE(decode_collected_files(encode_collected_files(report)).error().is(kTooMuch));
  report.files.clear();
  for (int i = 0; i < 5; ++i)
    report.files.push_back({"web", "/etc/" + std::to_string(i), {}, Bytes(1u << 20, 'x')});
  EXPECT_TRUE(decode_collected_files(encode_collected_files(report)).error().is(kTooMuch));
}

}  // namespace
}  // namespace muster::contract
