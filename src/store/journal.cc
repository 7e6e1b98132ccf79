#include "store/journal.h"

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "base/os/file.h"

namespace muster::store {
namespace {

// Groups that wait behind the one being written; a caller that queues without waiting has to
// help writing then, so that memory stays bounded.
constexpr std::size_t kMostWaitingGroups = 4;

}  // namespace

Journal::Journal(std::filesystem::path folder, JournalOptions options, JournalDisk disk)
    : folder_(std::move(folder)), options_(options), disk_(std::move(disk)) {
  MUSTER_CHECK(options.record_bytes + kRecordHeaderSize <= options.segment_bytes);
  MUSTER_CHECK(options.group_bytes <= options.segment_bytes);
  MUSTER_CHECK(options.segment_bytes <= 1u << 30);
  MUSTER_CHECK(options.limit_bytes >= 2 * std::uint64_t{options.segment_bytes});
}

Journal::~Journal() = default;

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& folder,
                                               const JournalOptions& options, JournalDisk disk) {
  std::unique_ptr<Journal> journal(new Journal(folder, options, std::move(disk)));
  TRY(journal->load());
  return journal;
}

Result<JournalPosition> Journal::append(ByteView payload) { return wait(TRY(queue(payload))); }

Result<Journal::Ticket> Journal::queue(ByteView payload) {
  if (payload.size() > options_.record_bytes)
    return fail(kRecordTooLarge, "{}: {} bytes, at most {} are taken", folder_.string(),
                payload.size(), options_.record_bytes);
  const std::uint64_t size = kRecordHeaderSize + payload.size();
  std::unique_lock lock(mutex_);
  while (groups_.size() > kMostWaitingGroups && !failure_) {
    if (leading_)
      written_.wait(lock);
    else
      lead(lock);
  }
  if (failure_) return fail(*failure_);
  if (queued_end_ - segments_.front().header.base + size > options_.limit_bytes)
    return fail(kJournalFull, "{}: {} bytes wait for their reader, at most {} may",
                folder_.string(), queued_end_ - segments_.front().header.base,
                options_.limit_bytes);

  const bool front_is_taken = leading_ && groups_.size() == 1;
  if (groups_.empty() || front_is_taken || groups_.back()->size + size > options_.group_bytes) {
    groups_.push_back(std::make_shared<Group>());
    groups_.back()->start = queued_end_;
  }
  Ticket ticket;
  ticket.group_ = groups_.back();
  ticket.position_ = queued_end_;
  ticket.group_->records.emplace_back(queued_end_, payload);
  ticket.group_->size += size;
  queued_end_ += size;
  return ticket;
}

Result<JournalPosition> Journal::wait(const Ticket& ticket) {
  std::unique_lock lock(mutex_);
  while (!ticket.group_->decided) {
    if (leading_)
      written_.wait(lock);
    else
      lead(lock);
  }
  if (ticket.group_->error) return fail(*ticket.group_->error);
  return ticket.position_;
}

// Writes the oldest group. The mutex is given up meanwhile, so that the next group fills.
void Journal::lead(std::unique_lock<std::mutex>& lock) {
  MUSTER_CHECK(!leading_ && !groups_.empty());
  leading_ = true;
  const std::shared_ptr<Group> group = groups_.front();
  Segment segment = segments_.back();
  bool rolled = false;
  lock.unlock();
  const Result<void> written = write_group(segment, rolled, *group);
  lock.lock();
  leading_ = false;
  if (rolled) segments_.push_back(segment);
  if (written) {
    segments_.back().end += group->size;
    group->decided = true;
    groups_.pop_front();
  } else {
    if (!written.error().is(kJournalFull)) failure_ = written.error();
    refuse_all(written.error());
  }
  written_.notify_all();
  readable_.notify_all();
}

// Groups behind the one that failed have positions that now do not come to be.
void Journal::refuse_all(const Error& error) {
  for (const auto& group : groups_) {
    group->error = error;
    group->decided = true;
  }
  groups_.clear();
  queued_end_ = segments_.back().end;
}

bool Journal::wait_for(JournalPosition from, Duration timeout) const {
  std::unique_lock lock(mutex_);
  const std::uint64_t wakes = wakes_;
  readable_.wait_for(lock, timeout, [&] { return segments_.back().end > from || wakes_ != wakes; });
  return segments_.back().end > from;
}

void Journal::wake_readers() {
  const std::lock_guard lock(mutex_);
  ++wakes_;
  readable_.notify_all();
}

JournalPosition Journal::begin() const {
  const std::lock_guard lock(mutex_);
  return segments_.front().header.base;
}

JournalPosition Journal::end() const {
  const std::lock_guard lock(mutex_);
  return segments_.back().end;
}

Result<std::vector<JournalRecord>> Journal::read(JournalPosition from,
                                                 std::size_t most_bytes) const {
  std::vector<Segment> segments;
  {
    const std::lock_guard lock(mutex_);
    segments = segments_;
  }
  if (from < segments.front().header.base || from > segments.back().end)
    return fail(kBadPosition, "{}: {} is wanted, {} to {} is there", folder_.string(), from,
                segments.front().header.base, segments.back().end);
  std::vector<JournalRecord> out;
  std::size_t taken = 0;
  for (const Segment& segment : segments) {
    if (segment.end <= from) continue;
    const std::size_t before = out.size();
    TRY(read_segment(segment, out.empty() ? from : segment.header.base, most_bytes - taken, out));
    for (std::size_t i = before; i < out.size(); ++i) taken += out[i].payload.size();
    if (out.back().next != segment.end || taken >= most_bytes) break;
  }
  return out;
}

Result<void> Journal::trim(JournalPosition position) {
  std::unique_lock lock(mutex_);
  if (position > segments_.back().end)
    return fail(kBadPosition, "{}: trimming at {}, the end is {}", folder_.string(), position,
                segments_.back().end);
  bool removed = false;
  while (segments_.size() > 1 && segments_[1].header.base <= position) {
    // The oldest first: what remains after a crash is without a hole.
    const auto path = segment_path(segments_.front().header.base);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return fail(kJournalUnavailable, "{}: remove: {}", path.string(), std::strerror(errno));
    segments_.erase(segments_.begin());
    removed = true;
  }
  lock.unlock();
  if (removed) TRY(os::sync_folder(folder_));
  return {};
}

std::filesystem::path Journal::segment_path(JournalPosition base) const {
  return folder_ / fmt::format("{:016x}.segment", base);
}

}  // namespace muster::store
