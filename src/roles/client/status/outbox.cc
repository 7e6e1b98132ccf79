#include "roles/client/status/outbox.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/os/file.h"

namespace muster::client {
namespace {

constexpr std::size_t kStreamBytes = 16;
constexpr std::size_t kReadBytes = 1;  // one record at a time: each leaves before the next

Result<PendingMessage> decode_record(const store::JournalRecord& record) {
  ByteReader in(record.payload);
  PendingMessage message;
  message.type = static_cast<contract::MessageType>(TRY(in.u8()));
  message.sequence = TRY(in.u64());
  message.queued.ms = static_cast<std::int64_t>(TRY(in.u64()));
  message.body = TRY(in.sized());
  message.next = record.next;
  return message;
}

}  // namespace

Outbox::Outbox(std::filesystem::path folder, std::unique_ptr<store::Journal> journal)
    : folder_(std::move(folder)), journal_(std::move(journal)) {}

Result<Outbox> Outbox::open(const std::filesystem::path& folder, std::uint64_t limit_bytes,
                            Random& random) {
  TRY(os::make_private_folder(folder));
  store::JournalOptions options;
  options.segment_bytes = 16u << 20;
  options.record_bytes = 8u << 20;
  options.limit_bytes = limit_bytes;
  auto journal = TRY(store::Journal::open(folder / "journal", options));
  Outbox outbox(folder, std::move(journal));
  TRY(outbox.load_state(random));
  return outbox;
}

Result<void> Outbox::load_state(Random& random) {
  std::error_code error;
  if (std::filesystem::exists(folder_ / "position", error)) {
    const Bytes bytes = TRY(os::read_file(folder_ / "position"));
    ByteReader in(bytes);
    stream_ = TRY(in.bytes(kStreamBytes));
    sent_ = TRY(in.u64());
    next_sequence_ = TRY(in.u64());
  } else {
    stream_ = random.bytes(kStreamBytes);
    TRY(save_state());
  }
  sent_ = std::max(sent_, journal_->begin());
  // The sequence of what was queued since the position was saved.
  for (store::JournalPosition at = sent_; at < journal_->end();) {
    for (const auto& record : TRY(journal_->read(at, 16u << 20))) {
      next_sequence_ = TRY(decode_record(record)).sequence + 1;
      at = record.next;
    }
  }
  return {};
}

Result<void> Outbox::save_state() const {
  ByteWriter out;
  out.bytes(stream_);
  out.u64(sent_);
  out.u64(next_sequence_);
  return os::replace_file(folder_ / "position", out.view(), os::FileMode::Private);
}

Result<std::uint64_t> Outbox::put(contract::MessageType type, ByteView body, Timestamp now) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(type));
  out.u64(next_sequence_);
  out.u64(static_cast<std::uint64_t>(now.ms));
  out.sized(body);
  TRY(journal_->append(out.view()));
  return next_sequence_++;
}

Result<std::optional<PendingMessage>> Outbox::next() const {
  if (sent_ >= journal_->end()) return std::optional<PendingMessage>();
  const auto records = TRY(journal_->read(sent_, kReadBytes));
  return std::optional<PendingMessage>(TRY(decode_record(records.at(0))));
}

Result<void> Outbox::start_stream(Random& random) {
  stream_ = random.bytes(kStreamBytes);
  return save_state();
}

Result<void> Outbox::acknowledge(const PendingMessage& message) {
  sent_ = message.next;
  TRY(save_state());
  return journal_->trim(sent_);
}

}  // namespace muster::client
