#include "topology/built.h"

#include <algorithm>

#include "topology/errors.h"

namespace muster::topology {
namespace {

constexpr std::string_view kHeading = "connection,protocol,transport,peer,test";
constexpr std::size_t kFields = 5;

// A plain CSV: no field holds a comma or a quote.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t comma = line.find(',');
    out.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    line.remove_prefix(comma + 1);
  }
}

Result<BuiltLeg> parse_line(std::string_view line) {
  const std::vector<std::string_view> fields = fields_of(line);
  if (fields.size() != kFields || std::ranges::any_of(fields, &std::string_view::empty))
    return fail(kBadBuiltList, "not {} fields: {}", kFields, kHeading);
  const LegRef ref = TRY(parse_leg(fields[0], fields[1]));
  for (const Leg& leg : legs_of(ref.connection))
    if (leg.protocol == ref.protocol && transport_name(leg.transport) == fields[2])
      return BuiltLeg{&leg, std::string(fields[3]), std::string(fields[4])};
  return fail(kBadBuiltList, "connection {} {} has no transport '{}'", fields[0], fields[1],
              fields[2]);
}

}  // namespace

Result<std::vector<BuiltLeg>> parse_built(std::string_view csv) {
  std::vector<BuiltLeg> out;
  int number = 0;
  while (!csv.empty()) {
    const std::size_t newline = csv.find('\n');
    if (newline == std::string_view::npos)
      return fail(kBadBuiltList, "line {}: cut off before its newline", number + 1);
    const std::string_view line = csv.substr(0, newline);
    csv.remove_prefix(newline + 1);
    if (++number == 1) {
      if (line != kHeading) return fail(kBadBuiltList, "line 1: not '{}'", kHeading);
      continue;
    }
    auto parsed = parse_line(line);
    if (!parsed) return fail(kBadBuiltList, "line {}: {}", number, parsed.error().detail());
    if (find_built(out, *parsed->leg) != nullptr)
      return fail(kBadBuiltList, "line {}: {} stands twice", number, leg_name(*parsed->leg));
    out.push_back(*std::move(parsed));
  }
  if (number == 0) return fail(kBadBuiltList, "line 1: not '{}'", kHeading);
  return out;
}

const BuiltLeg* find_built(const std::vector<BuiltLeg>& built, const Leg& leg) {
  const auto found = std::ranges::find(built, &leg, &BuiltLeg::leg);
  return found == built.end() ? nullptr : &*found;
}

}  // namespace muster::topology
