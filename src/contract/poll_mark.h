// What a policy poll says of the one before it, so that two machines with one identity are told
// apart by their polls alone. docs/protocols/policy.md.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::contract {

inline constexpr std::string_view kPollMarkHeader = "Muster-Poll";
inline constexpr std::size_t kPollNonceBytes = 16;

struct PollMark {
  Bytes nonce;       // random for each poll; a request that is sent twice keeps its own
  Bytes previous;    // the nonce of the poll before; empty for the first since the agent started
  Timestamp sent{};  // by the agent's clock
};
// "NONCE PREVIOUS SENT": lower-case hex, "-" for no previous one, and a time.
std::string encode_poll_mark(const PollMark& mark);
Result<PollMark> decode_poll_mark(std::string_view text);

}  // namespace muster::contract
