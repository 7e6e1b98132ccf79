#include "contract/collected_files.h"

#include <set>

#include "base/sha256.h"
#include "contract/document_errors.h"
#include "contract/fields.h"
#include "model/file_collection.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kLongestDocument = 8u << 20;

Result<CollectedFile> read_file(const wire::Json& json) {
  CollectedFile out;
  out.collection = TRY(text_field(json, "collection"));
  TRY(model::check_name(out.collection));
  out.path = TRY(text_field(json, "path"));
  if (!model::is_collected_path(out.path))
    return fail(kBadMember, "path: no absolute path of plain parts");
  out.modified = TRY(time_field(json, "modified"));
  const std::string sha256 = TRY(sha256_field(json, "sha256"));
  out.content = TRY(from_base64(TRY(TRY(json.at("content")).string())));
  if (out.content.size() > model::kMostFileLimit)
    return fail(kTooMuch, "content: over {} bytes", model::kMostFileLimit);
  if (sha256_hex(out.content) != sha256)
    return fail(kBadMember, "content: has another hash than sha256 says");
  return out;
}

}  // namespace

Bytes encode_collected_files(const CollectedFiles& report) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("collected").string(to_text(report.collected));
  w.key("files").array();
  for (const CollectedFile& file : report.files) {
    w.object();
    w.key("collection").string(file.collection);
    w.key("path").string(file.path);
    w.key("modified").string(to_text(file.modified));
    w.key("sha256").string(sha256_hex(file.content));
    w.key("content").string(to_base64(file.content));
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

Result<CollectedFiles> decode_collected_files(ByteView text) {
  const auto document =
      TRY(wire::JsonDocument::parse(text, {.bytes = kLongestDocument, .depth = 4}));
  TRY(check_format(document.root(), kFormat));
  CollectedFiles out;
  out.collected = TRY(time_field(document.root(), "collected"));
  std::set<std::string> paths;
  std::size_t bytes = 0;
  const auto items = TRY(TRY(document.root().at("files")).items());
  if (items.size() > kMostCollectedFiles)
    return fail(kTooMuch, "files: over {}", kMostCollectedFiles);
  for (const wire::Json& item : items) {
    CollectedFile file = TRY(read_file(item));
    bytes += file.content.size();
    if (bytes > kMostCollectedBytes)
      return fail(kTooMuch, "files: over {} bytes", kMostCollectedBytes);
    if (!paths.insert(file.path).second) return fail(kBadMember, "files: a path comes twice");
    out.files.push_back(std::move(file));
  }
  return out;
}

}  // namespace muster::contract
