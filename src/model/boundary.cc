#include "model/boundary.h"

#include <algorithm>
#include <charconv>

#include "model/object_errors.h"

namespace muster::model {
namespace {

// The length of the prefix that `first` and `last` enclose as a whole network.
unsigned prefix_of(const Boundary& boundary) {
  for (unsigned length = 0; length < boundary.first.bits(); ++length)
    if (boundary.first.first_of(length) == boundary.first &&
        boundary.first.last_of(length) == boundary.last)
      return length;
  return boundary.first.bits();
}

Result<Boundary> make_network(std::string name, BoundaryForm form, std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return fail(kBadBoundary, "'{}' is no ADDRESS/LENGTH", text.substr(0, 80));
  const auto address = TRY(IpAddress::parse(text.substr(0, slash)));
  const bool wants_v6 = form == BoundaryForm::Ipv6Prefix;
  if (address.is_v6() != wants_v6)
    return fail(kBadBoundary, "'{}' is {}; write it as {}", text.substr(0, 80),
                wants_v6 ? "no IPv6 prefix" : "no IPv4 subnet", wants_v6 ? "subnet" : "ipv6Prefix");
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || stop != digits.data() + digits.size() || length > address.bits())
    return fail(kBadBoundary, "'{}': the length is not 0 to {}", text.substr(0, 80),
                address.bits());
  const IpAddress first = address.first_of(length);
  if (first != address)
    return fail(kBadBoundary, "'{}' names a host; its network is {}/{}", text.substr(0, 80),
                first.text(), length);
  return Boundary{std::move(name), form, first, address.last_of(length)};
}

Result<Boundary> make_range(std::string name, std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return fail(kBadBoundary, "'{}' is no FIRST-LAST", text.substr(0, 100));
  const auto first = TRY(IpAddress::parse(text.substr(0, dash)));
  const auto last = TRY(IpAddress::parse(text.substr(dash + 1)));
  if (first.is_v6() != last.is_v6())
    return fail(kBadBoundary, "'{}' goes from one family to the other", text.substr(0, 100));
  if (last < first) return fail(kBadBoundary, "'{}' ends before it starts", text.substr(0, 100));
  return Boundary{std::move(name), BoundaryForm::Range, first, last};
}

}  // namespace

std::string_view to_text(BoundaryForm form) {
  switch (form) {
    case BoundaryForm::Subnet:
      return "subnet";
    case BoundaryForm::Range:
      return "range";
    case BoundaryForm::Ipv6Prefix:
      break;
  }
  return "ipv6Prefix";
}

std::string_view to_text(BoundarySpeed speed) {
  return speed == BoundarySpeed::Fast ? "fast" : "slow";
}

std::optional<BoundarySpeed> parse_boundary_speed(std::string_view text) {
  for (const auto speed : {BoundarySpeed::Fast, BoundarySpeed::Slow})
    if (to_text(speed) == text) return speed;
  return std::nullopt;
}

std::string Boundary::area() const {
  if (form == BoundaryForm::Range) return fmt::format("{}-{}", first.text(), last.text());
  return fmt::format("{}/{}", first.text(), prefix_of(*this));
}

Result<Boundary> make_boundary(std::string name, BoundaryForm form, std::string_view text) {
  if (form == BoundaryForm::Range) return make_range(std::move(name), text);
  return make_network(std::move(name), form, text);
}

std::string full_name(const Boundary& boundary) {
  return fmt::format("boundary {} ({})", boundary.name, boundary.area());
}

bool overlap(const Boundary& a, const Boundary& b) {
  return a.first.is_v6() == b.first.is_v6() && a.first <= b.last && b.first <= a.last;
}

BoundaryMap::BoundaryMap(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::ranges::sort(
      entries_, [](const Entry& a, const Entry& b) { return a.boundary.first < b.boundary.first; });
}

const BoundaryMap::Entry* BoundaryMap::find(const IpAddress& address) const {
  auto after = std::ranges::upper_bound(entries_, address, {},
                                        [](const Entry& entry) { return entry.boundary.first; });
  if (after == entries_.begin()) return nullptr;
  const Entry& entry = *--after;
  return address <= entry.boundary.last && address.is_v6() == entry.boundary.first.is_v6()
             ? &entry
             : nullptr;
}

}  // namespace muster::model
