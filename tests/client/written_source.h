// A tree that a test writes: files, links, denials.
#pragma once

#include <map>
#include <set>
#include <string>

#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/source.h"

namespace muster::client {

struct WrittenSource final : Source {
  std::map<std::string, std::string, std::less<>> files;
  std::map<std::string, std::string, std::less<>> links;
  std::set<std::string, std::less<>> denied;
  std::map<std::string, DiskSpace, std::less<>> spaces;
  std::optional<std::vector<AdapterAddress>> addresses;
  std::set<std::string, std::less<>> devices;  // paths that lie on another file system
  std::vector<std::string> headers;            // of rpm's database

  Result<Bytes> read(std::string_view path, std::size_t limit_bytes) const override {
    if (denied.contains(path)) return fail(kFactDenied, "{}", path);
    const auto it = files.find(path);
    if (it == files.end()) return fail(kFactMissing, "{}", path);
    if (it->second.size() > limit_bytes) return fail(kFactUnreadable, "{}", path);
    return it->second;
  }
  Result<Bytes> read_part(std::string_view path, std::uint64_t offset,
                          std::size_t size_bytes) const override {
    const Bytes whole = TRY(read(path, SIZE_MAX));
    return offset >= whole.size() ? Bytes() : whole.substr(offset, size_bytes);
  }
  Result<NamedFile> read_as_named(std::string_view path, std::size_t limit_bytes) const override {
    if (links.contains(path)) return fail(kFactDenied, "{}", path);
    return NamedFile{TRY(read(path, limit_bytes)), Timestamp{1000}};
  }
  Result<std::vector<std::string>> list(std::string_view path) const override {
    const std::string folder = std::string(path) + "/";
    std::set<std::string> names;
    for (const auto& [name, content] : files)
      if (name.starts_with(folder))
        names.insert(name.substr(folder.size(), name.find('/', folder.size()) - folder.size()));
    if (names.empty()) return fail(kFactMissing, "{}", path);
    return std::vector<std::string>(names.begin(), names.end());
  }
  std::optional<std::string> link_target(std::string_view path) const override {
    const auto it = links.find(path);
    return it == links.end() ? std::nullopt : std::optional(it->second);
  }
  bool exists(std::string_view path) const override {
    return files.contains(path) || list(path).has_value();
  }
  std::optional<Timestamp> modified(std::string_view path) const override {
    return files.contains(path) ? std::optional(Timestamp{1000}) : std::nullopt;
  }
  std::optional<FileFacts> file_facts(std::string_view path) const override {
    if (links.contains(path)) return FileFacts{};
    if (const auto it = files.find(path); it != files.end())
      return FileFacts{FileFacts::Kind::File, it->second.size(), Timestamp{1000},
                       devices.contains(path) ? 1u : 0u};
    if (!list(path == "/" ? "" : path)) return std::nullopt;
    return FileFacts{FileFacts::Kind::Folder, 0, Timestamp{1000}, devices.contains(path) ? 1u : 0u};
  }
  std::optional<DiskSpace> space(std::string_view mount_point) const override {
    const auto it = spaces.find(mount_point);
    return it == spaces.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<std::vector<AdapterAddress>> ipv4_addresses() const override { return addresses; }
  std::optional<std::string> machine() const override { return std::nullopt; }
  Result<void> rpm_headers(const std::function<void()>& restart,
                           const std::function<Result<void>(ByteView)>& take) const override {
    if (headers.empty()) return fail(kFactMissing, "headers");
    restart();
    for (const std::string& header : headers) TRY(take(header));
    return {};
  }
};

}  // namespace muster::client
