#include "contract/pace.h"

#include <algorithm>
#include <charconv>

#include "contract/document_errors.h"

namespace muster::contract {
namespace {

constexpr std::int64_t kLongestRetrySeconds = 86'400;

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char each) { return each >= '0' && each <= '9'; });
}

}  // namespace

std::string encode_stretch(unsigned hundredths) {
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

Result<unsigned> decode_stretch(std::string_view text) {
  const bool has_form = text.size() == 4 && text[1] == '.' && is_digits(text.substr(0, 1)) &&
                        is_digits(text.substr(2));
  unsigned value = 0;
  if (has_form)
    for (const char each : {text[0], text[2], text[3]})
      value = value * 10 + static_cast<unsigned>(each - '0');
  if (value < 100 || value > kLongestStretch)
    return fail(kBadMember, "{}: '{}' is no factor", kStretchHeader, text.substr(0, 32));
  return value;
}

Result<Duration> decode_retry_after(std::string_view text) {
  std::int64_t seconds = 0;
  const bool is_number =
      is_digits(text) && text.size() <= 5 &&
      std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc();
  if (!is_number || seconds > kLongestRetrySeconds)
    return fail(kBadMember, "Retry-After: '{}' is no number of seconds", text.substr(0, 32));
  return std::chrono::seconds(seconds);
}

}  // namespace muster::contract
