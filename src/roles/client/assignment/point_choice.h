// Which of the site's management points the client talks to: the preferred one while it answers,
// the next one while it does not, and back. A machine without sockets or clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/time.h"
#include "contract/public_documents.h"
#include "model/ids.h"

namespace muster::client {

// The order in which management points are taken: `named` as a locator point told them for this
// client's addresses, or the configuration's own; then the others of the site's list by priority.
// Those of one priority are in an order of this device's own, so that a site's clients spread.
std::vector<std::string> preferred_points(const std::vector<std::string>& named,
                                          const std::vector<contract::ManagementPoint>& listed,
                                          const model::DeviceId& device);

// For a client that was told its points by a locator point: those that the site's list does not
// name any more are left out, unless the list is in doubt because nobody on it answers. Then they
// come last.
enum class ListTrust { Good, Doubted };
std::vector<std::string> located_points(const std::vector<std::string>& told,
                                        const std::vector<contract::ManagementPoint>& listed,
                                        const model::DeviceId& device, ListTrust trust);

// That this is "https://host:port", or with `http` "http://host:port". Error: kSiteAnswer.
enum class PointLeg { Https, Http };
Result<void> check_point(const std::string& url, PointLeg leg);

struct PointChoiceSettings {
  // One that did not answer is tried again after this, doubled each time up to the longest; clients
  // that lost it together come back at different times.
  Duration again_first = std::chrono::minutes(5);
  Duration again_longest = std::chrono::hours(1);
};

class PointChoice {
 public:
  PointChoice(PointChoiceSettings settings, Random& random)
      : settings_(settings), random_(&random) {}

  // At least one. What is known of those that stay is kept.
  void set(const std::vector<std::string>& points);
  // The most preferred one that is not waited for; the one whose wait ends first when all are.
  const std::string& current(Timestamp now) const;
  void reached(const std::string& point);
  void not_reached(const std::string& point, std::string cause, Timestamp now);
  bool nobody_answers(Timestamp now) const;

  // For those who look: each point and what is known of it.
  struct Standing {
    std::string point;
    std::string cause;  // of the last failure; empty: none
    std::optional<Timestamp> again;
  };
  std::vector<Standing> standings(Timestamp now) const;

 private:
  struct Point {
    std::string url;
    std::string cause;
    Timestamp again;
    unsigned failures = 0;
  };
  bool waits(const Point& point, Timestamp now) const;

  PointChoiceSettings settings_;
  Random* random_;
  std::vector<Point> points_;
};

}  // namespace muster::client
