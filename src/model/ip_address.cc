#include "model/ip_address.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/check.h"
#include "model/errors.h"

namespace muster::model {
namespace {

constexpr std::size_t kGroups = 8;
constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

unsigned byte_at(ByteView bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

// Four decimal numbers without leading zeros, which some programs read as octal.
std::optional<Bytes> parse_v4(std::string_view text) {
  Bytes out;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    unsigned value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto size = static_cast<std::size_t>(stop - text.data());
    if (error != std::errc() || value > 255 || (size > 1 && text[0] == '0')) return std::nullopt;
    out += static_cast<char>(value);
    text.remove_prefix(size);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

// The groups of one side of "::", an IPv4 address only as the last two of all.
std::optional<Bytes> parse_groups(std::string_view text, bool may_end_in_v4) {
  Bytes out;
  while (!text.empty()) {
    const auto colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    if (colon == std::string_view::npos && may_end_in_v4 && word.find('.') != word.npos) {
      const auto tail = parse_v4(word);
      if (!tail) return std::nullopt;
      return out + *tail;
    }
    unsigned value = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
    if (error != std::errc() || stop != word.data() + word.size() || word.size() > 4)
      return std::nullopt;
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value & 0xff);
    if (out.size() > 2 * kGroups) return std::nullopt;
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // "1:2:"
  }
  return out;
}

std::optional<Bytes> parse_v6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto all = parse_groups(text, true);
    return all && all->size() == 2 * kGroups ? all : std::nullopt;
  }
  const auto front = parse_groups(text.substr(0, gap), false);
  const auto back = parse_groups(text.substr(gap + 2), true);
  if (!front || !back || front->size() + back->size() > 2 * (kGroups - 1)) return std::nullopt;
  return *front + Bytes(2 * kGroups - front->size() - back->size(), '\0') + *back;
}

// The longest run of zero groups, of at least two; the first of equal ones.
std::pair<std::size_t, std::size_t> longest_zeros(const std::array<unsigned, kGroups>& groups) {
  std::size_t best = kGroups, best_size = 1;
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t size = 0;
    while (i + size < kGroups && groups[i + size] == 0) ++size;
    if (size > best_size) {
      best = i;
      best_size = size;
    }
  }
  return {best, best == kGroups ? 0 : best_size};
}

std::string v6_text(ByteView address) {
  std::array<unsigned, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i)
    groups[i] = byte_at(address, 2 * i) * 256 + byte_at(address, 2 * i + 1);
  const auto [zeros, size] = longest_zeros(groups);
  std::string out;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == zeros) {
      out += "::";
      i += size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += fmt::format("{:x}", groups[i]);
  }
  return out;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (auto v4 = parse_v4(text)) return IpAddress(*std::move(v4));
  auto v6 = parse_v6(text);
  if (!v6) return fail(kBadAddress, "'{}'", text.substr(0, 60));
  if (v6->starts_with(kMappedPrefix)) return IpAddress(v6->substr(kMappedPrefix.size()));
  return IpAddress(*std::move(v6));
}

IpAddress IpAddress::from_bytes(ByteView bytes) {
  MUSTER_CHECK(bytes.size() == 4 || bytes.size() == 16);
  return IpAddress(Bytes(bytes));
}

std::string IpAddress::text() const {
  if (is_v6()) return v6_text(bytes_);
  return fmt::format("{}.{}.{}.{}", byte_at(bytes_, 0), byte_at(bytes_, 1), byte_at(bytes_, 2),
                     byte_at(bytes_, 3));
}

IpAddress IpAddress::first_of(unsigned prefix_length) const {
  Bytes out = bytes_;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned kept = prefix_length > 8 * i ? prefix_length - static_cast<unsigned>(8 * i) : 0;
    if (kept < 8) out[i] = static_cast<char>(byte_at(out, i) & (0xff00u >> kept));
  }
  return IpAddress(std::move(out));
}

IpAddress IpAddress::last_of(unsigned prefix_length) const {
  Bytes out = bytes_;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned kept = prefix_length > 8 * i ? prefix_length - static_cast<unsigned>(8 * i) : 0;
    if (kept < 8) out[i] = static_cast<char>(byte_at(out, i) | (0xffu >> kept));
  }
  return IpAddress(std::move(out));
}

std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) {
  if (const auto sizes = a.bytes_.size() <=> b.bytes_.size(); sizes != 0) return sizes;
  // std::string compares as unsigned bytes: its traits say so.
  return a.bytes_.compare(b.bytes_) <=> 0;
}

}  // namespace muster::model
