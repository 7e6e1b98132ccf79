#include "roles/client/inventory/unit_files.h"

#include <algorithm>
#include <map>

#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

// systemd.unit(5), "Unit File Load Path", highest first.
constexpr std::string_view kFolders[] = {
    "/etc/systemd/system.control",   "/run/systemd/system.control",  "/run/systemd/transient",
    "/run/systemd/generator.early",  "/etc/systemd/system",          "/etc/systemd/system.attached",
    "/run/systemd/system",           "/run/systemd/system.attached", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/lib/systemd/system",          "/usr/lib/systemd/system",
    "/run/systemd/generator.late"};
constexpr std::string_view kConfigured = "/etc/systemd/system";
constexpr std::size_t kMostUnits = 20'000;

struct Link {
  std::string name;
  std::string target;    // as the link says
  bool is_wish = false;  // in a folder NAME.wants or NAME.requires
};

struct Folder {
  std::string_view path;
  std::vector<std::string> names;
  std::vector<Link> links;
};

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

bool is_wish_folder(std::string_view name) {
  return name.ends_with(".wants") || name.ends_with(".requires");
}

Result<std::vector<std::string>> names_in(const Source& source, const std::string& path) {
  auto names = source.list(path);
  if (!names && names.error().is(kFactMissing)) return std::vector<std::string>();
  return names;
}

Result<Folder> read_folder(const Source& source, std::string_view path) {
  Folder out{.path = path, .names = {}, .links = {}};
  out.names = TRY(names_in(source, std::string(path)));
  for (const std::string& name : out.names) {
    const std::string file = fmt::format("{}/{}", path, name);
    if (is_wish_folder(name)) {
      for (const std::string& wish : TRY(names_in(source, file)))
        if (auto target = source.link_target(file + "/" + wish))
          out.links.push_back({wish, *std::move(target), true});
    } else if (name.ends_with(".service")) {
      if (auto target = source.link_target(file))
        out.links.push_back({name, *std::move(target), false});
    }
  }
  return out;
}

// The keys of a unit file that matter here.
struct UnitText {
  UnitFile unit;
  std::vector<std::string> aliases;
  std::string default_instance;
  bool is_wanted = false;  // WantedBy= or RequiredBy=
  bool has_also = false;
};

// What stands before a command changes how it is run: "-", "@", ":", "+" and "!".
std::string_view without_prefixes(std::string_view command) {
  command.remove_prefix(std::min(command.find_first_not_of("-@:+!"), command.size()));
  return command;
}

void take_setting(UnitText& out, std::string_view section, std::string_view key,
                  std::string_view value) {
  const auto is = [&](std::string_view in, std::string_view name) {
    return section == in && key == name;
  };
  if (is("Unit", "Description")) out.unit.description = value;
  if (is("Service", "Type")) out.unit.type = value;
  if (is("Service", "User")) out.unit.user = value;
  if (is("Service", "ExecStart")) {
    if (value.empty() || out.unit.command.empty()) out.unit.command = without_prefixes(value);
  }
  if (section != "Install" || value.empty()) return;
  if (key == "Alias")
    for (const std::string_view alias : fields(value)) out.aliases.emplace_back(alias);
  if (key == "WantedBy" || key == "RequiredBy") out.is_wanted = true;
  if (key == "Also") out.has_also = true;
  if (key == "DefaultInstance") out.default_instance = value;
}

void take_line(UnitText& out, std::string& section, std::string_view line) {
  if (line.starts_with('[') && line.ends_with(']')) {
    section = line.substr(1, line.size() - 2);
    return;
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return;
  take_setting(out, section, trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
}

UnitText parse_unit(std::string_view text) {
  UnitText out;
  std::string section, joined;
  for (std::string_view line; next_line(text, line);) {
    line = trimmed(line);
    if (line.starts_with('#') || line.starts_with(';')) continue;  // also between continued lines
    joined += line;
    if (line.ends_with('\\') && !text.empty()) {
      joined.back() = ' ';
      continue;
    }
    take_line(out, section, joined);
    joined.clear();
  }
  return out;
}

// Whether a link of this name is one that [Install] would make.
bool is_own_name(const UnitText& text, std::string_view name) {
  if (name == text.unit.name) return true;
  if (std::ranges::find(text.aliases, name) != text.aliases.end()) return true;
  const std::size_t at = text.unit.name.find("@.");
  return !text.default_instance.empty() && at != std::string::npos &&
         name == text.unit.name.substr(0, at + 1) + text.default_instance +
                     text.unit.name.substr(at + 1);
}

enum class Names { Own, Any };

// "enabled" and the like where links of those names make it so; empty where none does.
std::string state_by_links(const std::vector<Folder>& folders, const UnitText& text, Names names) {
  const std::string& name = text.unit.name;
  bool at_runtime = false;
  std::string linked;
  for (const Folder& folder : folders) {
    const bool is_runtime = folder.path.starts_with("/run/");
    for (const Link& link : folder.links) {
      const bool same_name = link.name == name && base_name(link.target) == name;
      if (same_name && !link.is_wish) {
        if (folder.path == kConfigured) linked = "linked";
        if (is_runtime && linked.empty()) linked = "linked-runtime";
      } else if ((link.name == name || base_name(link.target) == name) &&
                 (names == Names::Any || is_own_name(text, link.name))) {
        if (folder.path == kConfigured) return "enabled";
        at_runtime = at_runtime || is_runtime;
      }
    }
  }
  return at_runtime ? "enabled-runtime" : linked;
}

std::string state_of(const std::vector<Folder>& folders, const UnitText& text) {
  if (text.unit.path.starts_with("/run/systemd/generator")) return "generated";
  if (text.unit.path.starts_with("/run/systemd/transient/")) return "transient";
  if (std::string found = state_by_links(folders, text, Names::Own); !found.empty()) return found;
  // Under another name: an instance of a template, an alias that it does not declare.
  if (!state_by_links(folders, text, Names::Any).empty()) return "indirect";
  if (text.is_wanted || !text.aliases.empty()) return "disabled";
  return text.has_also ? "indirect" : "static";
}

// Nothing for an alias, and for a link that leads nowhere.
std::optional<UnitFile> read_service(const Source& source, const std::vector<Folder>& folders,
                                     const Folder& folder, const std::string& name) {
  const std::string path = fmt::format("{}/{}", folder.path, name);
  UnitFile masked;
  masked.name = name;
  masked.state = folder.path.starts_with("/run/") ? "masked-runtime" : "masked";
  const auto target = source.link_target(path);
  if (target == "/dev/null") return masked;
  if (target && base_name(*target) != name) return std::nullopt;
  const auto text = source.read(path);
  if (!text) return std::nullopt;
  if (text->empty()) return masked;
  UnitText parsed = parse_unit(*text);
  parsed.unit.name = name;
  parsed.unit.path = target && target->starts_with('/') ? *target : path;
  parsed.unit.state = state_of(folders, parsed);
  return std::move(parsed.unit);
}

}  // namespace

Result<std::vector<UnitFile>> read_services(const Source& source) {
  std::vector<Folder> folders;
  for (const std::string_view path : kFolders) {
    // A system with one /usr has its units twice; the second folder would only say the same.
    if (path == "/usr/lib/systemd/system" && source.link_target("/lib")) {
      folders.back().path = path;
      continue;
    }
    folders.push_back(TRY(read_folder(source, path)));
  }
  std::map<std::string, std::optional<UnitFile>> by_name;
  for (const Folder& folder : folders)
    for (const std::string& name : folder.names) {
      if (!name.ends_with(".service") || by_name.contains(name)) continue;
      if (by_name.size() >= kMostUnits)
        return fail(kFactUnreadable, "over {} services", kMostUnits);
      by_name[name] = read_service(source, folders, folder, name);
    }
  std::vector<UnitFile> out;
  for (auto& [name, unit] : by_name)
    if (unit) out.push_back(*std::move(unit));
  return out;
}

}  // namespace muster::client
