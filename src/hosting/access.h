// Who is let in right now: consulted on every request, so that a revocation ends resumed
// sessions too.
#pragma once

#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/time.h"

namespace muster::hosting {

enum class Admission { Unknown, Active, Refused };

// Safe from many threads; readers do not wait for each other. Filled from the site database at
// start and by whoever enrols, approves, blocks or revokes.
class AccessList {
 public:
  // `id` as in PeerIdentity::id.
  void set_device(std::string_view id, Admission admission);
  Admission device(std::string_view id) const;

  void revoke_operator(std::string_view name);
  void admit_operator(std::string_view name);
  // By the 32 bytes of the SHA-256 of its DER.
  void revoke_certificate(std::string_view sha256);
  bool operator_revoked(std::string_view name) const;
  bool certificate_revoked(std::string_view sha256) const;

  // How long an expired certificate may still ask for a new one.
  void set_grace(Duration grace) { grace_ = grace; }
  Duration grace() const { return grace_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Admission, Hash, std::equal_to<>> devices_;
  std::unordered_set<std::string, Hash, std::equal_to<>> operators_;
  std::unordered_set<std::string, Hash, std::equal_to<>> certificates_;
  Duration grace_ = std::chrono::hours(24 * 90);
};

}  // namespace muster::hosting
