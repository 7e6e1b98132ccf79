#include "contract/settings_text.h"

#include <algorithm>
#include <map>

#include "contract/site_config.h"

namespace muster::contract {
namespace {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kHeading = "settings:";

std::vector<std::string> lines_of(ByteView text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool is_heading(const std::string& line) {
  if (!line.starts_with(kHeading)) return false;
  const std::size_t rest = line.find_first_not_of(" \t\r", kHeading.size());
  return rest == std::string::npos || line[rest] == '#';
}

// How far the line stands in; nothing for an empty line and for a comment.
std::optional<std::size_t> depth_of(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string::npos || line[first] == '#') return std::nullopt;
  return first;
}

bool sets(const std::string& line, std::string_view name) {
  const std::size_t first = line.find_first_not_of(' ');
  return first != std::string::npos && first > 0 &&
         std::string_view(line).substr(first).starts_with(std::string(name) + ":");
}

std::string edited(ByteView yaml, const NamedTexts& settings) {
  std::vector<std::string> lines = lines_of(yaml);
  auto heading = std::ranges::find_if(lines, is_heading);
  if (heading == lines.end()) heading = lines.insert(lines.end(), std::string(kHeading));
  const auto begin = heading + 1;
  const auto end = std::find_if(begin, lines.end(), [](const std::string& line) {
    return depth_of(line) == std::optional<std::size_t>(0);
  });
  const auto first =
      std::find_if(begin, end, [](const auto& line) { return depth_of(line).has_value(); });
  const std::string indent(first == end ? 2 : *depth_of(*first), ' ');
  const auto kept = std::remove_if(begin, end, [&](const std::string& line) {
    return std::ranges::any_of(settings, [&](const auto& each) { return sets(line, each.first); });
  });
  std::string out;
  for (auto line = lines.begin(); line != lines.end(); ++line) {
    if (line >= kept && line < end) continue;
    out += *line + "\n";
    if (line == heading) out += settings_lines(settings, indent);
  }
  return out;
}

// All that the configuration says, settings by name.
Bytes said(SiteConfig config, const NamedTexts& besides) {
  std::map<std::string, std::string> settings(config.settings.begin(), config.settings.end());
  for (const auto& [name, text] : besides) settings[name] = text;
  config.settings.assign(settings.begin(), settings.end());
  return encode_site_config(config);
}

}  // namespace

std::string settings_lines(const NamedTexts& settings, std::string_view indent) {
  std::string out;
  for (const auto& [name, text] : settings)
    out += fmt::format("{}{}: \"{}\"\n", indent, name, text);
  return out;
}

Result<std::optional<Bytes>> with_settings(ByteView yaml, std::string_view file,
                                           const NamedTexts& settings) {
  const SiteConfig before = TRY(decode_site_config(yaml, file));
  Bytes text = edited(yaml, settings);
  const auto after = decode_site_config(text, file);
  if (!after || said(*after, {}) != said(before, settings)) return std::optional<Bytes>();
  return std::optional<Bytes>(std::move(text));
}

}  // namespace muster::contract
