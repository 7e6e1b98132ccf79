#include "model/agent_settings.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "model/object_errors.h"

namespace muster::model {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array kSettings{
    AgentSetting{kPollInterval, "policy.poll_interval", seconds(1), hours(24), hours(1)},
    AgentSetting{kCountdown, "notice.countdown", seconds(1), hours(24), minutes(5)},
    AgentSetting{kReminderOverDay, "notice.reminder_over_day", minutes(1), hours(24), hours(3)},
    AgentSetting{kReminderUnderDay, "notice.reminder_under_day", minutes(1), hours(24), hours(1)},
    AgentSetting{kReminderUnderHour, "notice.reminder_under_hour", minutes(1), hours(1),
                 minutes(15)},
    AgentSetting{kRestartWithin, "restart.within", seconds(1), hours(24 * 30), hours(24)}};

constexpr std::size_t kLongestName = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Map, typename Value>
void take(Map& into, const std::string& name, const Value& value, const CollectionSays& says) {
  const auto [at, added] =
      into.try_emplace(name, Effective<Value>{value, says.name, says.section.precedence});
  if (!added && at->second.precedence == says.section.precedence && !(at->second.value == value))
    at->second.against.push_back(says.name);
}

std::string conflict_text(std::string_view what, const std::string& from,
                          const std::vector<std::string>& against) {
  std::string others;
  for (const std::string& name : against) others += (others.empty() ? "" : ", ") + name;
  return fmt::format("{} is as {} says and not as {}, of the same precedence", what, from, others);
}

}  // namespace

std::span<const AgentSetting> agent_settings() { return kSettings; }

const AgentSetting* find_agent_setting(std::string_view name) {
  const auto found = std::ranges::find(kSettings, name, &AgentSetting::name);
  return found == kSettings.end() ? nullptr : &*found;
}

Result<void> check_agent_setting(std::string_view name, Duration value) {
  const AgentSetting* setting = find_agent_setting(name);
  if (setting == nullptr)
    return fail(kBadCollection, "no setting is called {}", name.substr(0, kLongestName));
  if (value < setting->least || value > setting->most)
    return fail(kBadCollection, "{} is {}; {} to {} is possible", name, to_text(value),
                to_text(setting->least), to_text(setting->most));
  return {};
}

Result<void> check_variable_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= kLongestName && is_letter(name[0]) &&
                    std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c); });
  if (!good)
    return fail(kBadCollection, "'{}' is no name of a variable: letters, digits and _ are wanted",
                name.substr(0, kLongestName));
  return {};
}

Result<void> check_variable(const Variable& variable) {
  TRY(check_variable_name(variable.name));
  if (variable.masked()) {
    const std::string& file = variable.secret;
    const bool plain =
        file.size() <= kLongestName && file[0] != '.' && std::ranges::all_of(file, [](char c) {
          return is_letter(c) || is_digit(c) || c == '-' || c == '.';
        });
    if (!plain || !variable.value.empty())
      return fail(kBadCollection, "variable {}: secret is the plain name of a file on the device",
                  variable.name);
    return {};
  }
  if (variable.value.size() > kLongestVariable || !is_utf8(variable.value) ||
      variable.value.find('\0') != std::string::npos)
    return fail(kBadCollection, "variable {}: UTF-8 of at most {} bytes is wanted", variable.name,
                kLongestVariable);
  return {};
}

Duration EffectiveAgent::duration(std::string_view setting) const {
  const auto found = settings.find(setting);
  if (found != settings.end()) return found->second.value;
  const AgentSetting* known = find_agent_setting(setting);
  return known == nullptr ? Duration(0) : known->fallback;
}

EffectiveAgent effective_agent(const AgentDurations& site,
                               std::vector<CollectionSays> collections) {
  std::ranges::sort(collections, [](const CollectionSays& a, const CollectionSays& b) {
    if (a.section.precedence != b.section.precedence)
      return a.section.precedence > b.section.precedence;
    return a.id < b.id;
  });
  EffectiveAgent out;
  for (const CollectionSays& says : collections) {
    for (const auto& [name, value] : says.section.settings) take(out.settings, name, value, says);
    for (const Variable& each : says.section.variables) take(out.variables, each.name, each, says);
  }
  for (const AgentSetting& setting : kSettings) {
    const auto told = site.find(setting.name);
    out.settings.try_emplace(
        std::string(setting.name),
        Effective<Duration>{told == site.end() ? setting.fallback : told->second});
  }
  return out;
}

std::vector<std::string> conflict_texts(const EffectiveAgent& agent) {
  std::vector<std::string> out;
  for (const auto& [name, each] : agent.settings)
    if (!each.against.empty()) out.push_back(conflict_text(name, each.from, each.against));
  for (const auto& [name, each] : agent.variables)
    if (!each.against.empty())
      out.push_back(conflict_text("variable " + name, each.from, each.against));
  return out;
}

}  // namespace muster::model
