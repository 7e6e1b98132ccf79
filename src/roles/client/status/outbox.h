// The client's outbox: messages are durable here before anything depends on them, and leave in
// order, each until the management point has acknowledged it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/random.h"
#include "contract/envelope.h"
#include "store/journal.h"

namespace muster::client {

struct PendingMessage {
  contract::MessageType type = contract::MessageType::Heartbeat;
  std::uint64_t sequence = 0;
  Timestamp queued;
  Bytes body;  // not packed
  store::JournalPosition next = 0;
};

class Outbox {
 public:
  // Opens or creates it in `folder`. A new folder is a new stream.
  static Result<Outbox> open(const std::filesystem::path& folder, std::uint64_t limit_bytes,
                             Random& random);

  const Bytes& stream() const { return stream_; }
  // Durable when it returns. Error: kJournalFull when the site was away for too long.
  Result<std::uint64_t> put(contract::MessageType type, ByteView body, Timestamp now);
  // The oldest message that is not acknowledged.
  Result<std::optional<PendingMessage>> next() const;
  // The site knows this stream further than this disk does: the disk was restored. What waits
  // goes out in a stream of its own.
  Result<void> start_stream(Random& random);
  // If a crash forgets this, the message goes out again and the site drops it.
  Result<void> acknowledge(const PendingMessage& message);

 private:
  Outbox(std::filesystem::path folder, std::unique_ptr<store::Journal> journal);
  Result<void> load_state(Random& random);
  Result<void> save_state() const;

  std::filesystem::path folder_;
  std::unique_ptr<store::Journal> journal_;
  Bytes stream_;
  std::uint64_t next_sequence_ = 1;
  store::JournalPosition sent_ = 0;
};

}  // namespace muster::client
