// Removes distinct inventory rows that nothing names any more: versions of programs that no machine
// has, of which history no longer tells.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include "hosting/site.h"
#include "store/site/unused_rows.h"

namespace muster::site_server {

class RowSweeper {
 public:
  explicit RowSweeper(hosting::Site& site);
  RowSweeper(const RowSweeper&) = delete;
  RowSweeper& operator=(const RowSweeper&) = delete;
  ~RowSweeper();

  // Once a day looks for such rows, on a thread of its own, and removes a part of what was found.
  // To be called by who takes the inbox, between its rounds: what is remembered of rows is
  // forgotten with them. What fails is logged, and waits for the next day.
  void follow(Timestamp now);
  // Behind the search that is under way.
  void wait();

 private:
  void remove_some();

  hosting::Site& site_;
  Timestamp next_;   // search
  Timestamp found_;  // when the last one began
  std::optional<store::UnusedRows> unused_;
  std::size_t removed_ = 0;  // of them, or named again
  std::thread searcher_;
  std::atomic<bool> searching_ = false;
};

}  // namespace muster::site_server
