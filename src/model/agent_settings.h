// What collections say to the agents of their members: times instead of the site's, variables for
// programs, and which collection counts where a device is in several.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

namespace muster::model {

inline constexpr std::string_view kPollInterval = "pollInterval";
inline constexpr std::string_view kCountdown = "countdown";
inline constexpr std::string_view kReminderOverDay = "reminderOverDay";
inline constexpr std::string_view kReminderUnderDay = "reminderUnderDay";
inline constexpr std::string_view kReminderUnderHour = "reminderUnderHour";
inline constexpr std::string_view kRestartWithin = "restartWithin";

struct AgentSetting {
  std::string_view name;          // as objects and policy call it
  std::string_view site_setting;  // the site's setting that holds the value of all devices
  Duration least;
  Duration most;
  Duration fallback;  // where a site says nothing, because it is of an earlier version
};
std::span<const AgentSetting> agent_settings();
// Null when none has the name.
const AgentSetting* find_agent_setting(std::string_view name);

// By name, each within its bounds.
using AgentDurations = std::map<std::string, Duration, std::less<>>;
// Error: kBadCollection.
Result<void> check_agent_setting(std::string_view name, Duration value);

// Programs find it in their environment as MUSTER_VAR_NAME. One with a secret is masked: its value
// is in a file of that name on the device itself, and in no object, policy or list.
struct Variable {
  std::string name;
  std::string value{};
  std::string secret{};
  bool masked() const { return !secret.empty(); }
  friend bool operator==(const Variable&, const Variable&) = default;
};
inline constexpr std::string_view kVariablePrefix = "MUSTER_VAR_";
inline constexpr std::size_t kMostVariables = 100;
inline constexpr std::size_t kLongestVariable = 4096;
inline constexpr std::int64_t kMostPrecedence = 1000;

// A name is 1 to 64 of letters, digits and "_", with no digit at first; a value is UTF-8 of at most
// kLongestVariable bytes without zero bytes; a secret's name is a plain file name.
// Error: kBadCollection.
Result<void> check_variable_name(std::string_view name);
Result<void> check_variable(const Variable& variable);

// What one collection says.
struct AgentSection {
  std::int64_t precedence = 0;  // the highest counts
  AgentDurations settings{};
  std::vector<Variable> variables{};
  bool empty() const { return settings.empty() && variables.empty(); }
  friend bool operator==(const AgentSection&, const AgentSection&) = default;
};

struct CollectionSays {
  ObjectId id;
  std::string name;
  AgentSection section;
};

template <typename Value>
struct Effective {
  Value value;
  std::string from{};  // the collection's name; empty: the site's value
  std::int64_t precedence = 0;
  // Collections of the same precedence that say something else.
  std::vector<std::string> against{};
};

struct EffectiveAgent {
  std::map<std::string, Effective<Duration>, std::less<>> settings{};  // all of them
  std::map<std::string, Effective<Variable>, std::less<>> variables{};

  Duration duration(std::string_view setting) const;
};

// The highest precedence counts; of equal ones the collection that is older at the site does.
EffectiveAgent effective_agent(const AgentDurations& site, std::vector<CollectionSays> collections);

// "pollInterval is PT15M by a and not as b says, which has the same precedence"; one line each.
std::vector<std::string> conflict_texts(const EffectiveAgent& agent);

}  // namespace muster::model
