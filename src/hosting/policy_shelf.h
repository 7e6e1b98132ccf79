// What a management point answers to policy polls, in memory: the signed header of each device,
// the shared bodies, the site's signed time. Filled by the policy builder, read on every poll.
#pragma once

#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::hosting {

struct ShelvedHeader {
  std::string etag;                          // with its quotes: "EPOCH.VERSION"
  Bytes document;                            // the signed document
  std::vector<std::string> bodies;           // SHA-256 in hex
  std::vector<std::string> content_folders;  // that this device may fetch over HTTPS
};

// For so long a device may still fetch what its header before this one named: it may have been
// answered that one a moment before.
inline constexpr Duration kFormerBodiesTime = std::chrono::minutes(1);

// Safe from many threads; readers do not wait for each other.
class PolicyShelf {
 public:
  // `device` is 32 hex digits. A null header takes it off the shelf, and all that it may fetch.
  void put_header(std::string_view device, std::shared_ptr<const ShelvedHeader> header,
                  Timestamp now);
  std::shared_ptr<const ShelvedHeader> header(std::string_view device) const;

  // Those of `bodies` in turn, up to the first that neither the device's header names nor, for a
  // moment, the one before.
  std::vector<std::shared_ptr<const Bytes>> bodies_for(std::string_view device,
                                                       std::span<const std::string_view> bodies,
                                                       Timestamp now) const;
  // Forgets what former headers named and may be fetched no more.
  void forget_former(Timestamp now);

  void put_body(std::string_view sha256, std::shared_ptr<const Bytes> document);
  void drop_body(std::string_view sha256);

  // The signed document, in base64 as it goes into a header field.
  void put_site_time(std::string_view document);
  std::shared_ptr<const std::string> site_time() const;

  // Signed documents that everybody may read, by the name under /public/.
  void put_public(std::string_view name, Bytes document);
  std::shared_ptr<const Bytes> public_document(std::string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <typename T>
  using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  // What the header before named and the present one does not.
  struct Former {
    std::vector<std::string> bodies;
    Timestamp until;
  };
  bool may_fetch(std::string_view device, std::string_view sha256, Timestamp now) const;

  mutable std::shared_mutex mutex_;
  ByText<std::shared_ptr<const ShelvedHeader>> headers_;
  ByText<Former> former_;  // by device
  ByText<std::shared_ptr<const Bytes>> bodies_;
  ByText<std::shared_ptr<const Bytes>> public_;
  std::shared_ptr<const std::string> site_time_;
};

}  // namespace muster::hosting
