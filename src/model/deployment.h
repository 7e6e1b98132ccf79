// A deployment: which program of which package the devices of a collection run, and when.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/schedule.h"

namespace muster::model {

// Required: the device runs the program by itself. Available: its user may ask for it.
enum class Purpose { Required, Available };
std::string_view to_text(Purpose purpose);  // "required", "available"
std::optional<Purpose> parse_purpose(std::string_view text);

// Whether a program that has run on a device runs again when the deployment's time comes again.
enum class Rerun { Never, Always, IfFailed, IfSucceeded };
std::string_view to_text(Rerun rerun);  // "never", "always", "if-failed", "if-succeeded"
std::optional<Rerun> parse_rerun(std::string_view text);
// Whether what ended so runs again when its time comes anew.
bool reruns(Rerun rerun, bool failed);

// What happens at a device and makes a required deployment's time come.
enum class DeploymentEvent { Logon, Idle };
std::string_view to_text(DeploymentEvent event);  // "logon", "idle"
std::optional<DeploymentEvent> parse_deployment_event(std::string_view text);

// The field's own limit for mandatory schedules of one deployment.
inline constexpr std::size_t kMostSchedules = 15;
// Of other deployments in one deployment's events.
inline constexpr std::size_t kMostAfter = 16;

// "now": the moment at which the site creates the deployment. Only resolved_deployment() makes a
// time of it, once; it never moves with later reads.
struct Now {
  friend bool operator==(const Now&, const Now&) = default;
};
using StartTime = std::variant<Now, Timestamp>;
std::string to_text(const StartTime& time);  // "now" or RFC 3339
// Error: kBadTime.
Result<StartTime> parse_start_time(std::string_view text);

// An event as people write it: "logon", "idle", or "after NAME" with another deployment's name.
inline constexpr std::string_view kAfterWord = "after ";

struct Deployment {
  std::string name;
  std::string package{};
  std::string program{};
  std::string collection{};
  Purpose purpose = Purpose::Required;
  StartTime start{};
  // From here on the program runs whatever the user does. Absent: from `start` on, unless schedules
  // or events say when. Of required deployments only.
  std::optional<StartTime> deadline{};
  // Nothing is started from here on.
  std::optional<Timestamp> expires{};
  bool enabled = true;
  std::vector<Schedule> schedules{};
  std::vector<DeploymentEvent> events{};
  // Names of other deployments: each success of one of them on the device is an event, too.
  std::vector<std::string> after{};
  Rerun rerun = Rerun::Never;
  // Users are told before it runs by itself, and may put it off as far as the next time allows.
  bool notice = false;
  // Runs outside of maintenance windows, too.
  bool ignore_windows = false;

  // Something else than the start says when it runs by itself.
  bool is_timed() const {
    return deadline || !schedules.empty() || !events.empty() || !after.empty();
  }
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

// The deadline is not before the start and the end not before either, as far as they are known;
// only required deployments have a deadline, schedules and events. Error: kBadDeployment.
Result<void> check_times(const Deployment& deployment);

// The deployment with start and deadline as moments. The deadline is there unless the deployment is
// available or its schedules and events say when. Error: as check_times.
Result<Deployment> resolved_deployment(Deployment deployment, Timestamp now);

}  // namespace muster::model
