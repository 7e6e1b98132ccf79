#include "hosting/listed_points.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "hosting/errors.h"
#include "model/ids.h"
#include "net/address.h"

namespace muster::hosting {
namespace {

constexpr std::size_t kMostPoints = 100;

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

Result<std::string> url_of(std::string_view word) {
  const std::string url(word);
  TRY_IN(net::parse_url(url + "/"), "management_points");
  return url;
}

Result<std::uint64_t> priority_of(std::string_view word) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || stop != word.data() + word.size() || value == 0 || value > 1000)
    return fail(kBadConfiguration, "management_points: priority '{}' is not 1 to 1000", word);
  return value;
}

Result<ListedPoint> parse_point(std::string_view text) {
  ListedPoint out;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (word.starts_with("https://") && out.point.https.empty()) {
      out.point.https = TRY(url_of(word));
    } else if (word.starts_with("http://") && out.point.http.empty()) {
      out.point.http = TRY(url_of(word));
    } else if (word == "priority") {
      out.point.priority = TRY(priority_of(take_word(text)));
    } else if (word == "boundary") {
      const std::string_view name = take_word(text);
      TRY_IN(model::check_name(name), "management_points");
      out.boundaries.emplace_back(name);
    } else {
      return fail(kBadConfiguration, "management_points: '{}' is unknown or stands twice", word);
    }
  }
  if (out.point.https.empty())
    return fail(kBadConfiguration, "management_points: each needs its https:// address");
  return out;
}

}  // namespace

Result<std::vector<ListedPoint>> parse_listed_points(std::string_view text) {
  std::vector<ListedPoint> out;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    out.push_back(TRY(parse_point(one)));
    if (out.size() > kMostPoints)
      return fail(kBadConfiguration, "management_points: over {}", kMostPoints);
  }
  return out;
}

std::vector<std::string> ordered_points(std::vector<ListedPoint> points,
                                        std::string_view boundary) {
  const auto place = [&](const ListedPoint& each) {
    const bool named = std::ranges::find(each.boundaries, boundary) != each.boundaries.end();
    return std::pair(named ? 0 : each.boundaries.empty() ? 1 : 2, each.point.priority);
  };
  std::ranges::stable_sort(points, {}, place);
  std::vector<std::string> out;
  for (ListedPoint& each : points) out.push_back(std::move(each.point.https));
  return out;
}

}  // namespace muster::hosting
