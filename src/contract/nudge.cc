#include "contract/nudge.h"

#include <algorithm>
#include <charconv>

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kLargestEpoch = 1ull << 53;  // what every reader of JSON holds exactly
constexpr std::size_t kMostNames = 16;
constexpr std::size_t kLongestName = 64;
constexpr Duration kLongest = std::chrono::hours(24);

Result<void> check_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName)
    return fail(kBadMember, "look: a name of {} bytes", name.size());
  return {};
}

Result<Duration> bounded_duration(const wire::Json& json, std::string_view key) {
  const Duration time = TRY(duration_field(json, key));
  if (time < Duration(0) || time > kLongest)
    return fail(kBadMember, "{}: {}, at most {} is allowed", key, to_text(time), to_text(kLongest));
  return time;
}

}  // namespace

Bytes encode_nudge(const Nudge& nudge) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("epoch").number(nudge.epoch);
  w.key("look").array();
  for (const std::string& name : nudge.look) w.string(name);
  w.end();
  w.key("after").string(to_text(nudge.after));
  w.key("again").string(to_text(nudge.again));
  w.key("spread").string(to_text(nudge.spread));
  w.end();
  return std::move(w).take();
}

Result<Nudge> decode_nudge(ByteView json) {
  const auto document = TRY(wire::JsonDocument::parse(json, {.bytes = 16u << 10, .depth = 4}));
  const wire::Json root = document.root();
  TRY(check_format(root, kFormat));
  Nudge nudge;
  nudge.epoch = TRY(number_field(root, "epoch"));
  if (nudge.epoch > kLargestEpoch) return fail(kBadMember, "epoch: {}", nudge.epoch);
  nudge.look = TRY(text_list_field(root, "look"));
  if (nudge.look.size() > kMostNames) return fail(kTooMuch, "look: {} names", nudge.look.size());
  for (const std::string& name : nudge.look) TRY(check_name(name));
  nudge.after = TRY(bounded_duration(root, "after"));
  nudge.again = TRY(bounded_duration(root, "again"));
  nudge.spread = TRY(bounded_duration(root, "spread"));
  return nudge;
}

Result<std::uint64_t> parse_epoch(std::string_view text) {
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  if (error != std::errc() || end != text.data() + text.size() || epoch > kLargestEpoch)
    return fail(kBadMember, "{}: '{}' is no epoch", kNudgeSeen, text.substr(0, 32));
  return epoch;
}

std::vector<std::string> names_of(model::Cycles cycles) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < model::kCycleNames.size(); ++i)
    if (cycles.has(static_cast<model::Cycle>(i))) out.emplace_back(model::kCycleNames[i]);
  return out;
}

std::string encode_look(model::Cycles cycles) {
  return fmt::format("{}", fmt::join(names_of(cycles), " "));
}

Result<std::vector<std::string>> decode_look(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    TRY(check_name(name));
    if (out.size() == kMostNames) return fail(kTooMuch, "look: over {} names", kMostNames);
    out.emplace_back(name);
  }
  return out;
}

}  // namespace muster::contract
