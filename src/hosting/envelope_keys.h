// The envelope keys of a management point: in memory alone, so that what was sealed to one can
// never be opened, nor shown again, once the process or the key's time has ended.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/random.h"
#include "base/time.h"
#include "contract/sealed_exchange.h"
#include "trust/hpke.h"

namespace muster::hosting {

// Safe from many threads.
class EnvelopeKeys {
 public:
  // The key to seal to now; a new one follows at half of `life`, while the former still opens.
  contract::EnvelopeKeyDocument current(const model::SiteCode& site, Duration life, Timestamp now,
                                        Random& random);

  // Errors: kUnknownEnvelopeKey, kEnvelopeKeyExpired.
  Result<std::shared_ptr<const trust::X25519Key>> find(std::string_view key_id,
                                                       Timestamp now) const;

  // Whether a request of the device is taken, and the highest number of it that was. A number is
  // taken once, and none below it: a request shown again is no request.
  struct Taken {
    bool taken = false;
    std::uint64_t last = 0;
  };
  Taken take_number(const model::DeviceId& device, std::uint64_t number);

 private:
  struct Key {
    std::string id;
    std::shared_ptr<const trust::X25519Key> key;
    Timestamp issued;
    Timestamp expires;
  };
  mutable std::mutex mutex_;
  std::deque<Key> keys_;                           // the newest first
  std::unordered_map<Bytes, std::uint64_t> last_;  // only devices that the access list let in
};

}  // namespace muster::hosting
