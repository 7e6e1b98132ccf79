#include "roles/client/inventory/dpkg_status.h"

#include <algorithm>
#include <map>

#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

// Field names are case-insensitive (deb-control(5)).
bool is_field(std::string_view name, std::string_view wanted) {
  return std::ranges::equal(name, wanted, [](char a, char b) {
    const char lower = a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a;
    return lower == b;
  });
}

void take_field(DpkgPackage& package, std::string_view name, std::string_view value) {
  if (is_field(name, "package")) {
    package.name = value;
  } else if (is_field(name, "version")) {
    package.version = value;
  } else if (is_field(name, "architecture")) {
    package.architecture = value;
  } else if (is_field(name, "maintainer")) {
    package.maintainer = value;
  } else if (is_field(name, "section")) {
    package.section = value;
  } else if (is_field(name, "source")) {
    package.source = trimmed(value.substr(0, value.find('(')));
  } else if (is_field(name, "installed-size")) {
    package.installed_size_kb = to_number(value);
  } else if (is_field(name, "status")) {
    const auto words = fields(value);  // "install ok installed": want, error flag, state
    package.installed = words.size() == 3 && words[2] == "installed";
  }
}

}  // namespace

std::vector<DpkgPackage> parse_dpkg_status(std::string_view text) {
  std::vector<DpkgPackage> out;
  DpkgPackage package;
  const auto finish = [&] {
    if (!package.name.empty()) out.push_back(std::exchange(package, {}));
    package = {};
  };
  for (std::string_view line; next_line(text, line);) {
    if (trimmed(line).empty()) {
      finish();
      continue;
    }
    const std::size_t colon = line.find(':');
    // A line that starts with a blank belongs to the field above.
    if (line[0] == ' ' || line[0] == '\t' || colon == std::string_view::npos) continue;
    take_field(package, trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  finish();
  return out;
}

Result<std::vector<DpkgPackage>> read_dpkg_packages(const Source& source) {
  auto packages = parse_dpkg_status(TRY(source.read("/var/lib/dpkg/status", kLargestDpkgStatus)));
  const auto updates = source.list("/var/lib/dpkg/updates");
  if (!updates || updates->empty()) return packages;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (std::size_t i = 0; i < packages.size(); ++i)
    places[{packages[i].name, packages[i].architecture}] = i;
  for (const std::string& name : *updates) {
    if (!to_number(name)) continue;  // dpkg numbers the entries; "tmp.i" is not finished
    const auto text = source.read("/var/lib/dpkg/updates/" + name, kLargestDpkgStatus);
    if (!text) continue;  // just merged into the status file
    for (DpkgPackage& entry : parse_dpkg_status(*text)) {
      const auto [place, is_new] =
          places.try_emplace({entry.name, entry.architecture}, packages.size());
      if (is_new)
        packages.push_back(std::move(entry));
      else
        packages[place->second] = std::move(entry);
    }
  }
  return packages;
}

std::optional<std::string> dpkg_architecture(const Source& source) {
  const auto status = source.read("/var/lib/dpkg/status", kLargestDpkgStatus);
  if (!status) return std::nullopt;
  for (const DpkgPackage& package : parse_dpkg_status(*status))
    if (package.name == "dpkg" && !package.architecture.empty()) return package.architecture;
  return std::nullopt;
}

}  // namespace muster::client
