// What a client tells its fallback status point (connection 13) when it reaches nobody else: a
// small fixed form without free text, since nobody vouches for it. docs/protocols/fallback.md.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/ids.h"

namespace muster::contract {

inline constexpr std::string_view kFallbackPath = "/fallback/messages";
inline constexpr std::size_t kFallbackMessageLimit = 1024;

struct FallbackMessage {
  Bytes id;                // 16 random bytes: the same message may come again
  model::DeviceId client;  // as the client says
  std::string name{};      // its host name: 1 to 63 of letters, digits, '-', '_' and '.'
  Timestamp at{};          // by the client's clock
  unsigned topic = 0;      // one of model/client_states.h, with one of its states
  unsigned state = 0;
  unsigned cause = 0;                     // the number of the client's error; 0 for none
  std::optional<model::SiteCode> site{};  // that it is assigned to
};
Bytes encode_fallback_message(const FallbackMessage& message);
// Strict: at most 1 KiB, every member known and there, every number one that exists. Errors:
// kWrongFormat, kBadMember, kTooMuch, those of wire/.
Result<FallbackMessage> decode_fallback_message(ByteView text);

}  // namespace muster::contract
