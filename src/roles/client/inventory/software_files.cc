#include "roles/client/inventory/software_files.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/errors.h"
#include "contract/package_note.h"
#include "roles/client/inventory/dpkg_status.h"
#include "roles/client/inventory/elf_note.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/rpm_header.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::string_view kSkipMarkers[] = {"skpswi.dat", ".muster-skip"};
constexpr std::size_t kMostFolders = 200'000;
constexpr std::size_t kLargestFileList = 16u << 20;

std::vector<std::string> listed(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = trimmed(text.substr(0, comma));
    if (!item.empty()) out.emplace_back(item);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

Result<std::vector<std::string>> folders_of(const Settings& settings, std::string_view name) {
  std::vector<std::string> out = listed(settings.text(name));
  for (std::string& folder : out) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    const bool clean = folder.starts_with('/') && folder.find("//") == std::string::npos &&
                       (folder + "/").find("/../") == std::string::npos &&
                       (folder + "/").find("/./") == std::string::npos;
    if (!clean)
      return fail(kBadSetting, "{}: '{}' is no clean absolute path", name, folder.substr(0, 200));
  }
  return out;
}

struct FoundFile {
  std::string path;
  FileFacts facts;
};

// One search: what it found, and what it spent.
class Search {
 public:
  Search(const Source& source, const SoftwareFileRules& rules) : source_(source), rules_(rules) {}

  // Depth first with a list of its own, so that a deep tree costs no stack.
  Result<void> look_through(const std::string& root) {
    const auto facts = source_.file_facts(root);
    if (!facts || facts->kind != FileFacts::Kind::Folder) return {};
    std::vector<Folder> open{{root, 0}};
    while (!open.empty()) {
      const Folder folder = std::move(open.back());
      open.pop_back();
      if (++folders_ > kMostFolders || rules_.is_over())
        return fail(kTooManySoftwareFiles, "{}: over {} folders, or over the time", root,
                    kMostFolders);
      TRY(look_into(folder, facts->device, open));
    }
    return {};
  }

  std::vector<FoundFile> take() && {
    std::ranges::sort(found_, {}, &FoundFile::path);
    const auto same = [](const FoundFile& a, const FoundFile& b) { return a.path == b.path; };
    // Of roots that overlap.
    found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
    return std::move(found_);
  }

 private:
  struct Folder {
    std::string path;
    unsigned depth;
  };

  Result<void> look_into(const Folder& folder, std::uint64_t device, std::vector<Folder>& open) {
    if (std::ranges::find(rules_.excluded, folder.path) != rules_.excluded.end()) return {};
    const auto names = source_.list(folder.path);
    if (!names) return {};  // gone meanwhile, or not ours to read
    for (const std::string_view marker : kSkipMarkers)
      if (std::ranges::binary_search(*names, marker)) return {};
    for (const std::string& name : *names) {
      const std::string path = (folder.path == "/" ? "" : folder.path) + "/" + name;
      const auto facts = source_.file_facts(path);
      if (!facts) continue;
      if (facts->kind == FileFacts::Kind::Folder) {
        if (facts->device == device && folder.depth < rules_.deepest)
          open.push_back({path, folder.depth + 1});
      } else if (facts->kind == FileFacts::Kind::File && is_wanted(name)) {
        if (found_.size() >= rules_.most_files)
          return fail(kTooManySoftwareFiles, "over {} files", rules_.most_files);
        found_.push_back({path, *facts});
      }
    }
    return {};
  }

  bool is_wanted(std::string_view name) const {
    return std::ranges::any_of(rules_.patterns, [&](const std::string& pattern) {
      return matches_pattern(pattern, name);
    });
  }

  const Source& source_;
  const SoftwareFileRules& rules_;
  std::vector<FoundFile> found_;
  std::size_t folders_ = 0;
};

// Packages list /bin/sh where a system with one /usr has /usr/bin/sh.
std::string merged(const Source& source, std::string path) {
  const std::string top = path.substr(0, path.find('/', 1));
  if (top != "/bin" && top != "/sbin" && !top.starts_with("/lib")) return path;
  return source.link_target(top) ? "/usr" + path : path;
}

struct Owner {
  std::string product;
  std::string version;
  model::VersionScheme scheme = model::VersionScheme::Dotted;
};

// By path, for each of the files that belongs to something.
using Owners = std::unordered_map<std::string, Owner>;

std::unordered_set<std::string> paths_of(const std::vector<FoundFile>& files) {
  std::unordered_set<std::string> out;
  for (const FoundFile& file : files) out.insert(file.path);
  return out;
}

void add_dpkg_owners(const Source& source, const std::unordered_set<std::string>& files,
                     Owners& out) {
  for (const DpkgPackage& package :
       read_dpkg_packages(source).value_or(std::vector<DpkgPackage>())) {
    if (!package.installed) continue;
    const std::string base = "/var/lib/dpkg/info/" + package.name;
    auto list = source.read(base + ".list", kLargestFileList);
    if (!list) list = source.read(base + ":" + package.architecture + ".list", kLargestFileList);
    if (!list) continue;
    std::string_view rest = *list;
    for (std::string_view line; next_line(rest, line);)
      if (const auto file = files.find(merged(source, std::string(line))); file != files.end())
        out[*file] = {package.name, package.version, model::VersionScheme::Dpkg};
  }
}

// A database that changes meanwhile is read again from its start, so what it says is kept apart.
void add_rpm_owners(const Source& source, const std::unordered_set<std::string>& files,
                    Collected& notes, Owners& out) {
  Owners found;
  const auto done = source.rpm_headers(
      [&] { found.clear(); },
      [&](ByteView header) -> Result<void> {
        const RpmPackage package = TRY(parse_rpm_header(header));
        return visit_rpm_files(header, [&](const std::string& path) {
          if (const auto file = files.find(merged(source, path)); file != files.end())
            found[*file] = {package.name, package.evr(), model::VersionScheme::Rpm};
        });
      });
  if (!done && !done.error().is(kFactMissing))
    notes.notes.push_back({Note::Reason::Unreadable, "SoftwareFile.Product", done.error().text()});
  if (done) out.merge(std::move(found));
}

// What a file of no package says of itself.
std::optional<Owner> noted_owner(const Source& source, const std::string& path) {
  auto note = read_elf_note(source, path, "FDO", kPackageNoteType);
  if (!note) return std::nullopt;
  while (note->ends_with('\0')) note->pop_back();
  const auto said = contract::decode_package_note(*note);
  if (!said || said->name.empty()) return std::nullopt;
  Owner out{said->name, said->version};
  if (said->type == "deb") out.scheme = model::VersionScheme::Dpkg;
  if (said->type == "rpm") out.scheme = model::VersionScheme::Rpm;
  return out;
}

}  // namespace

bool is_opted_out(const Source& source, std::string_view folder) {
  return std::ranges::any_of(kSkipMarkers, [&](std::string_view marker) {
    return source.exists(fmt::format("{}/{}", folder, marker));
  });
}

Result<SoftwareFileRules> software_file_rules(const Settings& settings) {
  SoftwareFileRules out;
  out.roots = TRY(folders_of(settings, "software_files.roots"));
  out.excluded = TRY(folders_of(settings, "software_files.excluded"));
  out.patterns = listed(settings.text("software_files.patterns"));
  for (const std::string& pattern : out.patterns)
    if (pattern.find('/') != std::string::npos)
      return fail(kBadSetting, "software_files.patterns: '{}' holds a '/'; it describes a name",
                  pattern.substr(0, 200));
  out.most_files = static_cast<std::size_t>(settings.integer("software_files.limit"));
  out.deepest = static_cast<unsigned>(settings.integer("software_files.depth"));
  return out;
}

Result<Collected> collect_software_files(const Source& source, const SoftwareFileRules& rules) {
  Collected out;
  Search search(source, rules);
  for (const std::string& root : rules.roots) TRY(search.look_through(root));
  const std::vector<FoundFile> files = std::move(search).take();
  if (files.empty()) return out;
  const auto wanted = paths_of(files);
  Owners owners;
  add_dpkg_owners(source, wanted, owners);
  add_rpm_owners(source, wanted, out, owners);
  for (const FoundFile& file : files) {
    RowBuilder row("SoftwareFile");
    row.text("Name", file.path.substr(file.path.rfind('/') + 1)).text("Path", file.path);
    row.number("SizeBytes", static_cast<std::int64_t>(file.facts.size_bytes));
    row.number("Modified", file.facts.modified.ms);
    const auto owned = owners.find(file.path);
    const auto owner =
        owned != owners.end() ? std::optional(owned->second) : noted_owner(source, file.path);
    if (owner) {
      row.text("Product", owner->product);
      row.version("Version", owner->scheme, owner->version);
    }
    out.rows.push_back(std::move(row).take());
  }
  return out;
}

}  // namespace muster::client
