// What the client has sent of its files: so that only changes go to the site, and no more in a day
// than this machine allows.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::client {

class FileMemory {
 public:
  // What the site may have lost or removed comes again.
  static constexpr Duration kConfirmAfter = std::chrono::hours(24 * 30);
  static constexpr Duration kDay = std::chrono::hours(24);

  // Error: kBadInventoryState.
  static Result<FileMemory> from_state(ByteView state);
  Bytes state() const;

  // A content that the site does not have, or was not told of for a while.
  bool is_wanted(const std::string& path, ByteView sha256, Timestamp now) const;
  // When it was last sent; the time 0 for never.
  Timestamp sent_at(const std::string& path) const;
  std::uint64_t left_today(std::uint64_t day_limit, Timestamp now) const;
  // The end of the day that began with the first byte.
  Timestamp day_end() const { return day_start_ + kDay; }

  void sent(const std::string& path, ByteView sha256, std::uint64_t size_bytes, Timestamp now);
  void keep_only(const std::function<bool(const std::string& path)>& wanted);
  friend bool operator==(const FileMemory&, const FileMemory&) = default;

 private:
  struct Sent {
    Bytes sha256;
    Timestamp at;
    friend bool operator==(const Sent&, const Sent&) = default;
  };
  // Also where the clock was set back: nothing waits until it shows its former time.
  bool is_another_day(Timestamp now) const { return now >= day_end() || now < day_start_; }

  std::map<std::string, Sent> files_;
  Timestamp day_start_{};
  std::uint64_t day_bytes_ = 0;
};

}  // namespace muster::client
