#include "roles/client/assignment/point_choice.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "base/sha256.h"
#include "net/url.h"
#include "roles/client/errors.h"

namespace muster::client {

std::vector<std::string> preferred_points(const std::vector<std::string>& named,
                                          const std::vector<contract::ManagementPoint>& listed,
                                          const model::DeviceId& device) {
  std::vector<std::string> out = named;
  std::vector<std::tuple<std::uint64_t, Bytes, std::string>> others;
  for (const contract::ManagementPoint& each : listed)
    if (std::ranges::find(out, each.https) == out.end())
      others.emplace_back(each.priority, sha256(device.bytes() + each.https), each.https);
  std::ranges::sort(others);
  for (auto& [priority, place, url] : others) out.push_back(std::move(url));
  return out;
}

std::vector<std::string> located_points(const std::vector<std::string>& told,
                                        const std::vector<contract::ManagementPoint>& listed,
                                        const model::DeviceId& device, ListTrust trust) {
  std::vector<std::string> named, unlisted;
  for (const std::string& url : told) {
    const bool known =
        listed.empty() ||
        std::ranges::find(listed, url, &contract::ManagementPoint::https) != listed.end();
    (known ? named : unlisted).push_back(url);
  }
  auto out = preferred_points(named, listed, device);
  if (trust == ListTrust::Doubted) out.insert(out.end(), unlisted.begin(), unlisted.end());
  return out;
}

Result<void> check_point(const std::string& url, PointLeg leg) {
  const auto parsed = net::parse_url(url + "/");
  if (!parsed) return fail(kSiteAnswer, "a management point: {}", parsed.error().text());
  if (parsed->tls != (leg == PointLeg::Https) || parsed->target != "/")
    return fail(kSiteAnswer, "a management point's address is '{}'", url.substr(0, 200));
  return {};
}

void PointChoice::set(const std::vector<std::string>& points) {
  MUSTER_CHECK(!points.empty());
  std::vector<Point> next;
  for (const std::string& url : points) {
    const auto known = std::ranges::find(points_, url, &Point::url);
    next.push_back(known == points_.end() ? Point{url, {}, {}, 0} : *known);
  }
  points_ = std::move(next);
}

// A clock that was put back must not make it wait for longer than it ever would.
bool PointChoice::waits(const Point& point, Timestamp now) const {
  return point.failures > 0 && now < point.again && point.again <= now + settings_.again_longest;
}

const std::string& PointChoice::current(Timestamp now) const {
  MUSTER_CHECK(!points_.empty());
  const auto ready =
      std::ranges::find_if(points_, [&](const Point& each) { return !waits(each, now); });
  if (ready != points_.end()) return ready->url;
  return std::ranges::min_element(points_, {}, &Point::again)->url;
}

void PointChoice::reached(const std::string& point) {
  const auto found = std::ranges::find(points_, point, &Point::url);
  if (found != points_.end()) *found = Point{point, {}, {}, 0};
}

void PointChoice::not_reached(const std::string& point, std::string cause, Timestamp now) {
  const auto found = std::ranges::find(points_, point, &Point::url);
  if (found == points_.end()) return;
  Duration wait = settings_.again_first;
  for (unsigned i = 0; i < found->failures && wait < settings_.again_longest; ++i) wait *= 2;
  wait = std::min(wait, settings_.again_longest);
  // From half of it to all of it.
  const auto spread = random_->below(static_cast<std::uint64_t>(wait.count() / 2) + 1);
  found->again = now + wait / 2 + Duration(static_cast<std::int64_t>(spread));
  found->failures = std::min(found->failures + 1, 30u);
  found->cause = std::move(cause);
}

bool PointChoice::nobody_answers(Timestamp now) const {
  return std::ranges::all_of(points_, [&](const Point& each) { return waits(each, now); });
}

std::vector<PointChoice::Standing> PointChoice::standings(Timestamp now) const {
  std::vector<Standing> out;
  for (const Point& each : points_) {
    Standing standing{each.url, each.cause, std::nullopt};
    if (waits(each, now)) standing.again = each.again;
    out.push_back(std::move(standing));
  }
  return out;
}

}  // namespace muster::client
