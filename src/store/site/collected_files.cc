#include "store/site/collected_files.h"

#include <algorithm>
#include <limits>
#include <map>

#include "base/sha256.h"
#include "store/errors.h"
#include "store/site/settings.h"

namespace muster::store {
namespace {

constexpr std::string_view kColumns =
    "number, device, collection, path, collected, received, modified, size, sha256";

Result<CollectedFile> decode_file(Rows& rows) {
  CollectedFile file;
  file.number = TRY(rows.integer(0));
  file.device = static_cast<DeviceNumber>(TRY(rows.integer(1)));
  file.collection = TRY(rows.text(2));
  file.path = TRY(rows.text(3));
  file.collected = TRY(rows.time(4));
  file.received = TRY(rows.time(5));
  file.modified = TRY(rows.time(6));
  file.size_bytes = TRY(rows.integer(7));
  file.sha256 = TRY(rows.blob(8));
  return file;
}

Result<void> remove_version(Transaction& transaction, const CollectedFile& file) {
  TRY(transaction.run("DELETE FROM collected_file WHERE number = $1", {file.number}));
  TRY(
      transaction.run("DELETE FROM collected_content WHERE sha256 = $1 AND NOT EXISTS (SELECT 1 "
                      "FROM collected_file WHERE collected_file.sha256 = collected_content.sha256)",
                      {blob(file.sha256)}));
  return {};
}

}  // namespace

Result<bool> add_collected_file(Transaction& transaction, const CollectedFile& file,
                                ByteView content) {
  const Bytes hash = sha256(content);
  const auto newest = TRY(transaction.first(
      fmt::format("SELECT {} FROM collected_file WHERE device = $1 AND path = $2 ORDER BY number "
                  "DESC LIMIT 1",
                  kColumns),
      {file.device, file.path}, decode_file));
  if (newest && newest->sha256 == hash) {
    TRY(transaction.run(
        "UPDATE collected_file SET received = $2, collection = $3 WHERE number = $1",
        {newest->number, std::max(newest->received, file.received), file.collection}));
    return false;
  }
  TRY(
      transaction.run("INSERT INTO collected_content (sha256, content) VALUES ($1, $2) ON CONFLICT "
                      "(sha256) DO NOTHING",
                      {blob(hash), blob(content)}));
  const std::int64_t number = TRY(take_counter(transaction, Counter::CollectedFile));
  TRY(transaction.run(
      fmt::format("INSERT INTO collected_file ({}) VALUES ($1, $2, $3, $4, $5, $6, "
                  "$7, $8, $9)",
                  kColumns),
      {number, file.device, file.collection, file.path, file.collected, file.received,
       file.modified, static_cast<std::int64_t>(content.size()), blob(hash)}));
  return true;
}

Result<std::int64_t> trim_collected_files(Transaction& transaction, DeviceNumber device,
                                          const CollectedFileLimits& limits) {
  auto files = TRY(transaction.all(
      fmt::format("SELECT {} FROM collected_file WHERE device = $1 ORDER BY number DESC", kColumns),
      {device}, decode_file));
  std::map<std::string, std::int64_t> versions;
  std::map<std::int64_t, std::int64_t> age;  // by number: 1 for a path's newest version
  for (const CollectedFile& file : files) age[file.number] = ++versions[file.path];
  // The newest version of each path, then what they superseded.
  std::stable_partition(files.begin(), files.end(),
                        [&](const CollectedFile& file) { return age[file.number] == 1; });
  std::int64_t bytes = 0, kept = 0, removed = 0;
  bool is_full = false;
  for (const CollectedFile& file : files) {
    is_full = is_full || bytes + file.size_bytes > limits.bytes || kept == kMostCollectedVersions;
    if (is_full || age[file.number] > limits.versions) {
      TRY(remove_version(transaction, file));
      ++removed;
      continue;
    }
    bytes += file.size_bytes;
    ++kept;
  }
  return removed;
}

Result<std::int64_t> remove_collected_files(Transaction& transaction, Timestamp moment) {
  const auto removed =
      TRY(transaction.run("DELETE FROM collected_file WHERE received < $1", {moment}));
  TRY(transaction.run(
      "DELETE FROM collected_content WHERE NOT EXISTS (SELECT 1 FROM collected_file "
      "WHERE collected_file.sha256 = collected_content.sha256)"));
  return removed;
}

Result<std::vector<CollectedFile>> list_collected_files(Reader& reader, DeviceNumber device,
                                                        std::int64_t before, std::int64_t limit) {
  return reader.all(
      fmt::format("SELECT {} FROM collected_file WHERE device = $1 AND number < $2 ORDER BY number "
                  "DESC LIMIT $3",
                  kColumns),
      {device, before == 0 ? std::numeric_limits<std::int64_t>::max() : before, limit},
      decode_file);
}

Result<std::optional<CollectedFile>> find_collected_file(Reader& reader, DeviceNumber device,
                                                         std::int64_t number) {
  return reader.first(
      fmt::format("SELECT {} FROM collected_file WHERE device = $1 AND number = $2", kColumns),
      {device, number}, decode_file);
}

Result<Bytes> collected_content(Reader& reader, ByteView sha256) {
  auto found = TRY(reader.first("SELECT content FROM collected_content WHERE sha256 = $1",
                                {blob(sha256)}, [](Rows& rows) { return rows.blob(0); }));
  if (!found) return fail(kNotFound, "the content {}", to_hex(sha256));
  return *std::move(found);
}

}  // namespace muster::store
