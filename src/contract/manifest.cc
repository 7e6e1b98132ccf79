#include "contract/manifest.h"

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"
#include "contract/errors.h"
#include "contract/fields.h"
#include "model/package.h"
#include "wire/json.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMostFiles = 100'000;
constexpr std::size_t kPathLimit = 1024;
constexpr std::size_t kPartLimit = 255;
// 64 TiB: sums of 100,000 sizes stay far from 64 bits.
constexpr std::uint64_t kSizeLimit = std::uint64_t{1} << 46;

bool is_safe_part(std::string_view part) {
  if (part.empty() || part.size() > kPartLimit || part == "." || part == "..") return false;
  for (const char c : part)
    // Backslash and colon would leave the folder on a Windows client.
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\' || c == ':') return false;
  return true;
}

bool is_safe_path(std::string_view path) {
  if (path.size() > kPathLimit || !is_utf8(path)) return false;
  for (;;) {
    const std::size_t slash = path.find('/');
    if (!is_safe_part(path.substr(0, slash))) return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// `files` are sorted by path.
bool lies_below_a_file(const std::vector<ManifestFile>& files, std::string_view path) {
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const std::string_view above = path.substr(0, slash);
    const auto found = std::partition_point(
        files.begin(), files.end(), [&](const ManifestFile& file) { return file.path < above; });
    if (found != files.end() && found->path == above) return true;
  }
  return false;
}

Result<ManifestFile> read_file(const wire::Json& json) {
  ManifestFile file;
  file.path = TRY(text_field(json, "path"));
  file.size_bytes = TRY(number_field(json, "size"));
  file.sha256 = TRY(sha256_field(json, "sha256"));
  file.executable = TRY(truth_field(json, "executable"));
  return file;
}

Result<Manifest> read_manifest(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = kManifestLimit, .depth = 4}));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  Manifest manifest;
  manifest.package = TRY(text_field(json, "package"));
  manifest.package_version = TRY(text_field(json, "packageVersion"));
  for (const wire::Json& item : TRY(TRY(json.at("files")).items())) {
    if (manifest.files.size() == kMostFiles)
      return fail(kManifestMalformed, "over {} files", kMostFiles);
    manifest.files.push_back(TRY(read_file(item)));
  }
  return manifest;
}

}  // namespace

std::uint64_t Manifest::total_bytes() const {
  std::uint64_t total = 0;
  for (const ManifestFile& file : files) total += file.size_bytes;
  return total;
}

Result<void> check_manifest(const Manifest& manifest) {
  if (const auto named = model::check_name(manifest.package); !named)
    return fail(kManifestMalformed, "package: {}", named.error().text());
  if (const auto version = model::check_package_version(manifest.package_version); !version)
    return fail(kManifestMalformed, "packageVersion: {}", version.error().text());
  if (manifest.files.size() > kMostFiles)
    return fail(kManifestMalformed, "over {} files", kMostFiles);
  const ManifestFile* last = nullptr;
  for (const ManifestFile& file : manifest.files) {
    if (!is_safe_path(file.path)) return fail(kManifestMalformed, "path '{}' is unsafe", file.path);
    if (last != nullptr && last->path >= file.path)
      return fail(kManifestMalformed, "'{}' stands twice or unsorted", file.path);
    if (file.size_bytes > kSizeLimit)
      return fail(kManifestMalformed, "'{}' has over {} bytes", file.path, kSizeLimit);
    if (file.sha256.size() != 64 || !from_hex(file.sha256))
      return fail(kManifestMalformed, "'{}' has no SHA-256 in hex", file.path);
    last = &file;
  }
  for (const ManifestFile& file : manifest.files)
    if (lies_below_a_file(manifest.files, file.path))
      return fail(kManifestMalformed, "'{}' lies below a file", file.path);
  return {};
}

Bytes encode_manifest(const Manifest& manifest) {
  MUSTER_CHECK(check_manifest(manifest).has_value());
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("package").string(manifest.package);
  w.key("packageVersion").string(manifest.package_version);
  w.key("files").array();
  for (const ManifestFile& file : manifest.files) {
    w.object();
    w.key("path").string(file.path);
    w.key("size").number(file.size_bytes);
    w.key("sha256").string(file.sha256);
    w.key("executable").boolean(file.executable);
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

Result<Manifest> decode_manifest(ByteView document) {
  auto manifest = read_manifest(document);
  if (!manifest) {
    if (manifest.error().is(kManifestMalformed)) return manifest;
    return fail(kManifestMalformed, "{}", manifest.error().text());
  }
  TRY(check_manifest(*manifest));
  return manifest;
}

}  // namespace muster::contract
