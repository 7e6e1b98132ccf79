// A deployment: which program of which package the devices of a collection run, and when.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"

namespace muster::model {

// Required: the device runs the program by itself.
enum class Purpose { Required };
std::string_view to_text(Purpose purpose);  // "required"
std::optional<Purpose> parse_purpose(std::string_view text);

// "now": the moment at which the site creates the deployment. Only resolved_deployment() makes a
// time of it, once; it never moves with later reads.
struct Now {
  friend bool operator==(const Now&, const Now&) = default;
};
using StartTime = std::variant<Now, Timestamp>;
std::string to_text(const StartTime& time);  // "now" or RFC 3339
// Error: kBadTime.
Result<StartTime> parse_start_time(std::string_view text);

struct Deployment {
  std::string name;
  std::string package{};
  std::string program{};
  std::string collection{};
  Purpose purpose = Purpose::Required;
  StartTime start{};
  // From here on the program runs whatever the user does. Absent: from `start` on.
  std::optional<StartTime> deadline{};
  friend bool operator==(const Deployment&, const Deployment&) = default;
};

// The deadline is not before the start, as far as both are known. Error: kBadDeployment.
Result<void> check_times(const Deployment& deployment);

// The deployment with start and deadline as moments; the deadline is always there.
// Error kBadDeployment: the deadline lies before the start.
Result<Deployment> resolved_deployment(Deployment deployment, Timestamp now);

}  // namespace muster::model
