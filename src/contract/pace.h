// How a busy management point tells its clients to go slower, and what a client tells beforehand
// about a message so that it can be put off unread. docs/protocols/pace.md.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace muster::contract {

// Of an answer: by how much a client lengthens the time between its polls. Absent: 1.
inline constexpr std::string_view kStretchHeader = "Muster-Stretch";
// Of POST /mp/messages: the type that the envelope will name.
inline constexpr std::string_view kMessageHeader = "Muster-Message";

// From 1 to kLongestStretch, in hundredths: "1.50".
inline constexpr unsigned kLongestStretch = 800;
std::string encode_stretch(unsigned hundredths);
// Error: kBadMember for anything else than what encode_stretch() makes.
Result<unsigned> decode_stretch(std::string_view text);

// Retry-After in seconds, at most a day; the form with a date is not taken. Error: kBadMember.
Result<Duration> decode_retry_after(std::string_view text);

}  // namespace muster::contract
