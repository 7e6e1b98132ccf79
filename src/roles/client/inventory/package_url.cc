#include "roles/client/inventory/package_url.h"

#include <fmt/format.h>

#include <utility>

namespace muster::client {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The types' definitions: the namespace is lower case, and so is deb's name.
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::string purl_encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_letter_or_digit(c) || std::string_view(".-_~:").find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string to_text(const PackageUrl& url) {
  const bool is_deb = url.type == PackageType::Deb;
  std::string out = fmt::format(
      "pkg:{}/{}/{}@{}", is_deb ? "deb" : "rpm", purl_encoded(lower(url.distribution)),
      purl_encoded(is_deb ? lower(url.name) : std::string(url.name)), purl_encoded(url.version));
  char separator = '?';
  const auto add = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{}{}={}", std::exchange(separator, '&'), name, value);
  };
  if (!url.architecture.empty()) add("arch", purl_encoded(url.architecture));
  if (!url.release.empty())
    add("distro", purl_encoded(lower(url.distribution)) + "-" + purl_encoded(url.release));
  if (!url.epoch.empty()) add("epoch", purl_encoded(url.epoch));
  return out;
}

}  // namespace muster::client
