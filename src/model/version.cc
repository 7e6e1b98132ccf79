#include "model/version.h"

#include <algorithm>
#include <cstdint>

namespace muster::model {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
int sign(int value) { return (value > 0) - (value < 0); }

template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate predicate) {
  const auto end = std::ranges::find_if_not(text, predicate);
  const auto size = static_cast<std::size_t>(end - text.begin());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

// The run of digits that `text` starts with, without leading zeros: empty for zero and for none.
std::string_view take_number(std::string_view& text) {
  std::string_view digits = take_while(text, is_digit);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

// Numbers of any length, as take_number returns them.
int compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return sign(a.compare(b));
}

// Epoch, version and revision of a package: "2:1.0-3". What stands before the first ':' is an
// epoch only when it is a number, so that each text has its place in the order.
struct PackageVersion {
  std::string_view epoch;
  std::string_view version;
  std::string_view revision;
};

PackageVersion split(std::string_view text) {
  PackageVersion out;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && std::ranges::all_of(text.substr(0, colon), is_digit)) {
    std::string_view epoch = text.substr(0, colon);
    out.epoch = take_number(epoch);
    text.remove_prefix(colon + 1);
  }
  const std::size_t dash = text.rfind('-');
  out.version = text.substr(0, dash);
  if (dash != std::string_view::npos) out.revision = text.substr(dash + 1);
  return out;
}

// Debian Policy 5.6.12: '~' before the end, the end before letters, letters before the rest.
int dpkg_rank(std::string_view text, std::size_t i) {
  if (i >= text.size() || is_digit(text[i])) return 0;
  if (text[i] == '~') return -1;
  const int byte = static_cast<std::uint8_t>(text[i]);
  return is_letter(text[i]) ? byte : byte + 256;
}

int compare_dpkg_part(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    std::size_t i = 0;
    for (;; ++i) {
      const int rank_a = dpkg_rank(a, i);
      const int rank_b = dpkg_rank(b, i);
      if (rank_a != rank_b) return rank_a < rank_b ? -1 : 1;
      if (rank_a == 0) break;
    }
    a.remove_prefix(i);
    b.remove_prefix(i);
    const std::string_view number = take_number(a);
    if (const int order = compare_numbers(number, take_number(b)); order != 0) return order;
  }
  return 0;
}

bool separates_rpm_segments(char c) {
  return !is_digit(c) && !is_letter(c) && c != '~' && c != '^';
}

// A segment as rpmvercmp sees it, in the order of what may stand at one place.
struct RpmSegment {
  enum Kind : std::uint8_t { Tilde = 1, End, Caret, Letters, Number } kind;
  std::string_view text;
};

RpmSegment take_rpm_segment(std::string_view& text) {
  take_while(text, separates_rpm_segments);
  if (text.empty()) return {RpmSegment::End, {}};
  if (is_digit(text[0])) return {RpmSegment::Number, take_number(text)};
  if (is_letter(text[0])) return {RpmSegment::Letters, take_while(text, is_letter)};
  const auto kind = text[0] == '~' ? RpmSegment::Tilde : RpmSegment::Caret;
  text.remove_prefix(1);
  return {kind, {}};
}

int compare_rpm_part(std::string_view a, std::string_view b) {
  for (;;) {
    const RpmSegment one = take_rpm_segment(a);
    const RpmSegment two = take_rpm_segment(b);
    if (one.kind != two.kind) return one.kind < two.kind ? -1 : 1;
    if (one.kind == RpmSegment::End) return 0;
    const int order = one.kind == RpmSegment::Number ? compare_numbers(one.text, two.text)
                                                     : sign(one.text.compare(two.text));
    if (order != 0) return order;
  }
}

// What stands up to the next dot: its leading number and the rest. Missing is zero.
struct DottedPart {
  std::string_view number;
  std::string_view rest;
};

DottedPart take_dotted_part(std::string_view& text) {
  DottedPart out;
  out.number = take_number(text);
  out.rest = take_while(text, [](char c) { return c != '.'; });
  if (!text.empty()) text.remove_prefix(1);
  return out;
}

int compare_dotted(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const DottedPart one = take_dotted_part(a);
    const DottedPart two = take_dotted_part(b);
    if (const int order = compare_numbers(one.number, two.number); order != 0) return order;
    if (const int order = one.rest.compare(two.rest); order != 0) return sign(order);
  }
  return 0;
}

// The length first, so that the longer number comes later; 255 means "and more".
void append_number(Bytes& key, std::string_view digits) {
  std::size_t left = digits.size();
  for (; left >= 255; left -= 255) key += '\xff';
  key += static_cast<char>(left);
  key += digits;
}

void append_dpkg_part(Bytes& key, std::string_view part) {
  do {
    for (char c : take_while(part, [](char c) { return !is_digit(c); })) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (c == '~') {
        key += '\1';
      } else if (is_letter(c)) {
        key += c;
      } else if (byte < 127) {
        key += static_cast<char>(byte + 128);
      } else {
        key += '\xff';
        key += c;
      }
    }
    key += '\2';
    append_number(key, take_number(part));
  } while (!part.empty());
  key += '\2';
}

void append_rpm_part(Bytes& key, std::string_view part) {
  for (;;) {
    const RpmSegment segment = take_rpm_segment(part);
    key += static_cast<char>(segment.kind);
    if (segment.kind == RpmSegment::End) return;
    if (segment.kind == RpmSegment::Number) append_number(key, segment.text);
    if (segment.kind == RpmSegment::Letters) {
      key += segment.text;
      key += '\0';
    }
  }
}

Bytes dotted_key(std::string_view text) {
  Bytes key;
  std::size_t end = 0;  // behind the last part that is not zero
  while (!text.empty()) {
    const DottedPart part = take_dotted_part(text);
    append_number(key, part.number);
    for (char c : part.rest) {
      if (c == '\0' || c == '\1') key += '\1';  // 0 ends the part
      key += c <= '\1' && c >= '\0' ? static_cast<char>(c + 1) : c;
    }
    key += '\0';
    if (!part.number.empty() || !part.rest.empty()) end = key.size();
  }
  key.resize(end);
  return key;
}

}  // namespace

std::string_view to_text(VersionScheme scheme) {
  switch (scheme) {
    case VersionScheme::Dpkg:
      return "dpkg";
    case VersionScheme::Rpm:
      return "rpm";
    case VersionScheme::Dotted:
      return "dotted";
  }
  return "";
}

std::optional<VersionScheme> parse_version_scheme(std::string_view text) {
  for (const auto scheme : {VersionScheme::Dpkg, VersionScheme::Rpm, VersionScheme::Dotted})
    if (to_text(scheme) == text) return scheme;
  return std::nullopt;
}

int compare_versions(VersionScheme scheme, std::string_view a, std::string_view b) {
  if (scheme == VersionScheme::Dotted) return compare_dotted(a, b);
  const PackageVersion one = split(a);
  const PackageVersion two = split(b);
  if (const int order = compare_numbers(one.epoch, two.epoch); order != 0) return order;
  const auto compare = scheme == VersionScheme::Dpkg ? compare_dpkg_part : compare_rpm_part;
  if (const int order = compare(one.version, two.version); order != 0) return order;
  return compare(one.revision, two.revision);
}

Bytes version_key(VersionScheme scheme, std::string_view text) {
  if (scheme == VersionScheme::Dotted) return dotted_key(text);
  const PackageVersion version = split(text);
  Bytes key;
  append_number(key, version.epoch);
  const auto append = scheme == VersionScheme::Dpkg ? append_dpkg_part : append_rpm_part;
  append(key, version.version);
  append(key, version.revision);
  return key;
}

}  // namespace muster::model
