#include "contract/scenario.h"

#include <algorithm>

#include "contract/document_errors.h"
#include "wire/node_fields.h"
#include "wire/yaml.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;
using Kind = ScenarioEvent::Kind;

constexpr std::int64_t kMostPace = 3600;
constexpr std::int64_t kMostRate = 100'000;
constexpr std::size_t kMostWords = 64;
constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"patch", Kind::Patch}, {"powerOff", Kind::PowerOff}, {"powerOn", Kind::PowerOn},
    {"run", Kind::Run},     {"hostile", Kind::Hostile},   {"mark", Kind::Mark}};

Result<Duration> duration_of(const NodeAt& value) {
  return TRY_IN(parse_duration(TRY(value.text())), "{}", value.where());
}

Result<Duration> optional_duration(const NodeFields& fields, std::string_view key) {
  const auto value = fields.optional(key);
  return value ? duration_of(*value) : Result<Duration>(Duration(0));
}

Result<unsigned> bounded(const NodeFields& fields, std::string_view key, unsigned otherwise,
                         std::int64_t least, std::int64_t most) {
  const auto value = fields.optional(key);
  if (!value) return otherwise;
  return static_cast<unsigned>(TRY(value->integer(least, most)));
}

Result<SystemShare> read_share(const NodeAt& value) {
  const auto fields = TRY(NodeFields::open(value, {"system", "weight"}));
  const NodeAt named = TRY(fields.required("system"));
  const std::string name = TRY(named.text());
  SystemShare share;
  share.weight = TRY(bounded(fields, "weight", 1, 1, 1000));
  for (const auto system :
       {SimulatedSystem::Debian, SimulatedSystem::Ubuntu, SimulatedSystem::Rocky})
    if (to_text(system) == name) {
      share.system = system;
      return share;
    }
  return named.failure(kBadMember, "'{}': debian, ubuntu or rocky is wanted", name);
}

// What belongs to other kinds is refused: a forgotten word would go unnoticed.
Result<void> check_members(const NodeFields& fields, const NodeAt& value, Kind kind) {
  const bool spreads = kind == Kind::Patch || kind == Kind::PowerOff || kind == Kind::PowerOn;
  const std::pair<std::string_view, bool> rules[] = {{"over", spreads},
                                                     {"percent", spreads},
                                                     {"count", spreads},
                                                     {"whole", kind == Kind::Patch},
                                                     {"command", kind == Kind::Run},
                                                     {"rate", kind == Kind::Hostile},
                                                     {"lasts", kind == Kind::Hostile}};
  for (const auto& [key, fits] : rules)
    if (!fits && fields.optional(key))
      return value.failure(kBadMember, "{} does not belong to this kind of event", key);
  return {};
}

Result<std::vector<std::string>> read_command(const NodeFields& fields) {
  const NodeAt value = TRY(fields.required("command"));
  std::vector<std::string> out;
  for (const NodeAt& word : TRY(value.items())) out.push_back(TRY(word.text()));
  if (out.empty() || out.size() > kMostWords)
    return value.failure(kBadMember, "has {} words; from 1 to {} are allowed", out.size(),
                         kMostWords);
  return out;
}

Result<ScenarioEvent> read_event(const NodeAt& value) {
  const auto fields =
      TRY(NodeFields::open(value, {"do", "name", "at", "whenConnected", "over", "percent", "count",
                                   "whole", "command", "rate", "lasts"}));
  const NodeAt what = TRY(fields.required("do"));
  const std::string word = TRY(what.text());
  const auto known =
      std::ranges::find(kKinds, std::string_view(word), &std::pair<std::string_view, Kind>::first);
  if (known == std::end(kKinds))
    return what.failure(kBadMember,
                        "'{}': patch, powerOff, powerOn, run, hostile or mark is wanted", word);
  ScenarioEvent event;
  event.kind = known->second;
  TRY(check_members(fields, value, event.kind));
  event.name = TRY(fields.optional_text("name")).value_or(word);
  if (event.name.empty() || event.name.size() > 100)
    return value.failure(kBadMember, "name: from 1 to 100 bytes are allowed");
  event.at = TRY(duration_of(TRY(fields.required("at"))));
  if (const auto wait = fields.optional("whenConnected"))
    event.when_connected = TRY(wait->boolean());
  event.over = TRY(optional_duration(fields, "over"));
  event.percent = TRY(bounded(fields, "percent", 100, 1, 100));
  if (const auto count = fields.optional("count")) {
    if (fields.optional("percent"))
      return value.failure(kBadMember, "percent and count say different things; one is wanted");
    event.count = static_cast<std::uint64_t>(TRY(count->integer(1, kMostVirtualClients)));
  }
  if (const auto whole = fields.optional("whole")) event.whole = TRY(whole->boolean());
  event.rate = TRY(bounded(fields, "rate", 1000, 1, kMostRate));
  if (event.kind == Kind::Run) event.command = TRY(read_command(fields));
  if (event.kind == Kind::Hostile) event.lasts = TRY(duration_of(TRY(fields.required("lasts"))));
  return event;
}

Result<Scenario> read_scenario(const wire::Node& node) {
  const NodeAt whole(node, "");
  const auto fields = TRY(NodeFields::open(whole, {"name", "seed", "clients", "lasts", "pace",
                                                   "powerOnOver", "hold", "systems", "events"}));
  Scenario scenario;
  scenario.name = TRY(fields.text("name"));
  if (const auto seed = fields.optional("seed"))
    scenario.seed = static_cast<std::uint64_t>(TRY(seed->integer(0, INT64_MAX)));
  scenario.clients = static_cast<std::uint64_t>(
      TRY(TRY(fields.required("clients")).integer(1, kMostVirtualClients)));
  scenario.lasts = TRY(duration_of(TRY(fields.required("lasts"))));
  scenario.pace = TRY(bounded(fields, "pace", 1, 1, kMostPace));
  scenario.power_on_over = TRY(optional_duration(fields, "powerOnOver"));
  if (const auto hold = fields.optional("hold")) scenario.hold = TRY(hold->boolean());
  if (const auto systems = fields.optional("systems")) {
    scenario.systems.clear();
    for (const NodeAt& each : TRY(systems->items()))
      scenario.systems.push_back(TRY(read_share(each)));
    if (scenario.systems.empty())
      return systems->failure(kBadMember, "is empty; name a system, or leave it out");
  }
  if (const auto events = fields.optional("events")) {
    const auto items = TRY(events->items());
    if (items.size() > kMostScenarioEvents)
      return events->failure(kTooMuch, "has over {} events", kMostScenarioEvents);
    for (const NodeAt& each : items) {
      scenario.events.push_back(TRY(read_event(each)));
      if (scenario.events.back().at > scenario.lasts)
        return each.failure(kBadMember, "comes after the end of the scenario, {}",
                            to_text(scenario.lasts));
      if (scenario.events.back().when_connected && !scenario.hold)
        return each.failure(kBadMember, "whenConnected: with hold: false nobody stays connected");
    }
  }
  std::ranges::stable_sort(scenario.events, {}, &ScenarioEvent::at);
  return scenario;
}

}  // namespace

std::string_view to_text(SimulatedSystem system) {
  switch (system) {
    case SimulatedSystem::Debian:
      return "debian";
    case SimulatedSystem::Ubuntu:
      return "ubuntu";
    case SimulatedSystem::Rocky:
      return "rocky";
  }
  return "";
}

Result<Scenario> decode_scenario(ByteView yaml, std::string_view file) {
  const auto documents = TRY_IN(wire::parse_yaml(yaml), "{}", file);
  if (documents.size() != 1)
    return fail(kBadMember, "{}: one document is wanted, {} are there", file, documents.size());
  return TRY_IN(read_scenario(documents[0]), "{}", file);
}

}  // namespace muster::contract
