#include "roles/client/inventory/package_url.h"

#include <fmt/format.h>

namespace muster::client {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The type's definition: namespace and name are lower case.
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

std::string to_text(const DebPackageUrl& url) {
  std::string out = "pkg:deb/" + purl_encoded(lower(url.distribution)) + "/" +
                    purl_encoded(lower(url.name)) + "@" + purl_encoded(url.version);
  char separator = '?';
  if (!url.architecture.empty()) {
    out += fmt::format("{}arch={}", separator, purl_encoded(url.architecture));
    separator = '&';
  }
  if (!url.release.empty())
    out += fmt::format("{}distro={}-{}", separator, purl_encoded(lower(url.distribution)),
                       purl_encoded(url.release));
  return out;
}

}  // namespace muster::client
