// The chain of each device's policy polls: how a cloned disk shows at the next poll, before it says
// anything else. In memory, so that a poll writes nothing.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "contract/poll_mark.h"
#include "model/ids.h"

namespace muster::hosting {

enum class Machines { One, Two };

// Safe from many threads.
//
// Each poll names the one before. An agent that starts, a disk that was restored and a machine
// whose memory was put back begin a new branch, and the branch before never goes on. Where it does
// go on, two machines poll. A poll may be on its way when its agent ends: so a branch counts as
// going on when its poll was made after the next branch's first, or comes later than any request
// can last. A machine whose memory is put back behind a start of its agent looks the same: an
// operator has to approve it.
class PollChains {
 public:
  Machines note(const std::string& device, const contract::PollMark& mark, Timestamp now);
  // A device that is enrolled anew, or that an operator decided about, starts afresh.
  void forget(const std::string& device);

  // Devices that two machines poll for, for the site server.
  void report_doubled(const model::DeviceId& device);
  std::vector<model::DeviceId> take_doubled();

 private:
  struct Branch {
    Bytes tip;              // nonce of its last poll
    Timestamp followed_at;  // when the first poll of the next branch came, by this clock
    Timestamp followed_sent;
  };
  std::mutex mutex_;
  // The newest branch first; only devices that the access list let in.
  std::unordered_map<std::string, std::vector<Branch>> devices_;
  std::vector<model::DeviceId> doubled_;
};

}  // namespace muster::hosting
