#include "contract/manifest.h"

#include <gtest/gtest.h>

#include "contract/errors.h"

namespace muster::contract {
namespace {

const std::string kHash(64, 'e');

Manifest sample() {
  return {
      "editor", "2.1", {{"bin/editor", 1000, kHash, true}, {"share/über.txt", 0, kHash, false}}};
}

void expect_refused(const Manifest& manifest) {
  const auto checked = check_manifest(manifest);
  ASSERT_FALSE(checked.has_value());
  EXPECT_TRUE(checked.error().is(kManifestMalformed)) << checked.error().text();
}

Manifest with_path(std::string path) {
  return {"editor", "1", {{std::move(path), 1, kHash, false}}};
}

TEST(Manifest, IsWrittenAsItsProtocolPageSays) {
  EXPECT_EQ(encode_manifest(sample()),
            "{\"format\":1,\"package\":\"editor\",\"packageVersion\":\"2.1\",\"files\":["
            "{\"path\":\"bin/editor\",\"size\":1000,\"sha256\":\"" +
                kHash +
                "\",\"executable\":true},"
                "{\"path\":\"share/über.txt\",\"size\":0,\"sha256\":\"" +
                kHash + "\",\"executable\":false}]}");
}

TEST(Manifest, GivesBackWhatWasWritten) {
  const auto decoded = decode_manifest(encode_manifest(sample()));
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  EXPECT_EQ(*decoded, sample());
  EXPECT_EQ(decoded->total_bytes(), 1000u);
}

TEST(Manifest, CutAtAnyByteIsRefused) {
  const Bytes text = encode_manifest(sample());
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto decoded = decode_manifest(ByteView(text).substr(0, size));
    ASSERT_FALSE(decoded.has_value()) << size;
    EXPECT_TRUE(decoded.error().is(kManifestMalformed));
  }
}

TEST(Manifest, WithAPathThatLeavesTheFolderIsRefused) {
  for (const char* path : {"", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a//b",
                           "a/", "a\\b", "c:x", "a\nb", "a\x7f", "\xff\xfe"})
    expect_refused(with_path(path));
  expect_refused(with_path(std::string("a\0b", 3)));
  expect_refused(with_path(std::string(256, 'a')));
  std::string deep = "a";
  for (int i = 0; i < 600; ++i) deep += "/a";
  expect_refused(with_path(deep));
}

TEST(Manifest, WithFilesUnsortedOrTwiceIsRefused) {
  Manifest manifest = sample();
  std::swap(manifest.files[0], manifest.files[1]);
  expect_refused(manifest);
  manifest.files[1] = manifest.files[0];
  expect_refused(manifest);
}

TEST(Manifest, WithAFileBelowAFileIsRefused) {
  // "a.b" sorts between "a" and "a/b".
  expect_refused({"editor",
                  "1",
                  {{"a", 1, kHash, false}, {"a.b", 1, kHash, false}, {"a/b", 1, kHash, false}}});
}

TEST(Manifest, WithABadHashSizeOrNameIsRefused) {
  Manifest hash = sample();
  hash.files[0].sha256[0] = 'E';
  expect_refused(hash);
  Manifest size = sample();
  size.files[0].size_bytes = UINT64_MAX;
  expect_refused(size);
  Manifest name = sample();
  name.package = "../editor";
  expect_refused(name);
  Manifest version = sample();
  version.package_version = "";
  expect_refused(version);
}

}  // namespace
}  // namespace muster::contract
