// What fallback status points took: claims of anybody, kept apart from all that devices report.
#pragma once

#include "store/database.h"

namespace muster::store {

struct FallbackMessage {
  std::int64_t number = 0;  // given by add_fallback_message, rises
  Timestamp received;
  std::string address;
  Bytes id;
  std::string client;
  std::string name;
  std::int64_t topic = 0;
  std::int64_t state = 0;
  std::int64_t cause = 0;
  Timestamp at;
};

// False when a message of that id is there. Of more than `keep` messages the oldest go.
Result<bool> add_fallback_message(Transaction& transaction, const FallbackMessage& message,
                                  std::int64_t keep);
// Newest first, those with a number below `before` (0: from the newest on).
Result<std::vector<FallbackMessage>> list_fallback_messages(Reader& reader, std::int64_t before,
                                                            std::int64_t limit);
// Forgets those received before `moment`; returns how many.
Result<std::int64_t> remove_fallback_messages(Transaction& transaction, Timestamp moment);

}  // namespace muster::store
