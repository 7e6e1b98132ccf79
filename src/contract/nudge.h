// What a management point answers to a request that it held: where the client shall look now. It
// authorises nothing: the client does what it does in that cycle anyway. docs/protocols/nudge.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/cycle.h"

namespace muster::contract {

inline constexpr std::string_view kNudgePath = "/mp/nudge";
inline constexpr std::string_view kNudgeSeen = "seen";  // of the query: the last epoch
// Of an answer to a policy poll: the cycles for a client that holds no request.
inline constexpr std::string_view kLookHeader = "Muster-Look";

struct Nudge {
  std::uint64_t epoch = 0;  // said back with the next request: so the site knows that it came
  // Names of cycles, none when the time was over. Later versions may know others.
  std::vector<std::string> look{};
  Duration after{0};   // when the client looks: many that are nudged at once are spread by it
  Duration again{0};   // when it asks again
  Duration spread{0};  // over which clients come back that lost the connection without an answer
  bool operator==(const Nudge&) const = default;
};
Bytes encode_nudge(const Nudge& nudge);
// Durations are at most a day, names at most 16.
Result<Nudge> decode_nudge(ByteView json);

// Decimal digits, at most 2^53. Error: kBadMember.
Result<std::uint64_t> parse_epoch(std::string_view text);

// "inventory heartbeat".
std::string encode_look(model::Cycles cycles);
std::vector<std::string> names_of(model::Cycles cycles);
Result<std::vector<std::string>> decode_look(std::string_view text);

}  // namespace muster::contract
