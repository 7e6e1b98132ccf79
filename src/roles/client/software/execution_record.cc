#include "roles/client/software/execution_record.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "roles/client/software/errors.h"

namespace muster::client {
namespace {

constexpr std::uint32_t kMagic = 0x4d584c31;  // "MXL1"
constexpr std::size_t kHeader = 12;           // magic, payload length, CRC of length and payload

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) ? 0xEDB88320u ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr auto kCrcTable = crc_table();

void write_codes(ByteWriter& out, const std::vector<std::int64_t>& codes) {
  out.varint(codes.size());
  for (std::int64_t code : codes) out.u64(static_cast<std::uint64_t>(code));
}

Result<std::vector<std::int64_t>> read_codes(ByteReader& in) {
  const std::uint64_t count = TRY(in.varint());
  if (count > in.remaining() / 8) return fail(kLogDamaged, "{} exit codes", count);
  std::vector<std::int64_t> codes;
  for (std::uint64_t i = 0; i < count; ++i)
    codes.push_back(static_cast<std::int64_t>(TRY(in.u64())));
  return codes;
}

Bytes encode_payload(const ExecutionRecord& record) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(record.kind));
  out.u64(static_cast<std::uint64_t>(record.at.ms));
  out.sized(record.key.deployment);
  out.sized(record.key.package);
  out.sized(record.key.version);
  if (record.kind == RecordKind::Waiting) {
    out.u8(static_cast<std::uint8_t>(record.waiting->reason));
    out.u32(record.waiting->count);
    out.u64(static_cast<std::uint64_t>(record.waiting->next.ms));
    if (record.waiting->ran) out.u8(1);
  } else if (record.kind == RecordKind::Intent) {
    out.sized(record.intent->run);
    out.u32(record.intent->attempt);
    out.u8(record.intent->repeatable ? 1 : 0);
    write_codes(out, record.intent->success_codes);
    write_codes(out, record.intent->reboot_codes);
    out.u64(static_cast<std::uint64_t>(record.intent->due.ms));
    out.u32(record.intent->first_attempt);
  } else if (record.kind == RecordKind::Result) {
    const ExecutionResult& result = *record.result;
    out.u8(static_cast<std::uint8_t>(result.outcome));
    out.u8(static_cast<std::uint8_t>(result.ending));
    out.u64(static_cast<std::uint64_t>(result.code));
    out.u16(result.error);
    out.sized(ByteView(result.detail).substr(0, kLongestDetail));
    out.sized(result.boot);
  }
  return std::move(out).take();
}

Result<Waiting> read_waiting(ByteReader& in) {
  Waiting out;
  const std::uint8_t reason = TRY(in.u8());
  if (reason >= kWaitReasons) return fail(kLogDamaged, "wait reason {}", reason);
  out.reason = static_cast<WaitReason>(reason);
  out.count = TRY(in.u32());
  out.next.ms = static_cast<std::int64_t>(TRY(in.u64()));
  if (!in.at_end()) out.ran = TRY(in.u8()) != 0;
  return out;
}

Result<Intent> read_intent(ByteReader& in) {
  Intent out;
  out.run = TRY(in.sized());
  out.attempt = TRY(in.u32());
  out.repeatable = TRY(in.u8()) != 0;
  out.success_codes = TRY(read_codes(in));
  out.reboot_codes = TRY(read_codes(in));
  if (in.at_end()) return out;  // of a client that ran every program once
  out.due.ms = static_cast<std::int64_t>(TRY(in.u64()));
  out.first_attempt = TRY(in.u32());
  return out;
}

Result<ExecutionResult> read_result(ByteReader& in) {
  ExecutionResult out;
  const std::uint8_t outcome = TRY(in.u8());
  const std::uint8_t ending = TRY(in.u8());
  if (outcome < 1 || outcome > 4 || ending < 1 || ending > 5)
    return fail(kLogDamaged, "outcome {}, ending {}", outcome, ending);
  out.outcome = static_cast<Outcome>(outcome);
  out.ending = static_cast<Ending>(ending);
  out.code = static_cast<std::int64_t>(TRY(in.u64()));
  out.error = TRY(in.u16());
  out.detail = TRY(in.sized());
  out.boot = TRY(in.sized());
  return out;
}

Result<ExecutionRecord> decode_payload(ByteView payload) {
  ByteReader in(payload);
  ExecutionRecord record;
  const std::uint8_t kind = TRY(in.u8());
  if (kind < 1 || kind > 8) return fail(kLogDamaged, "record kind {}", kind);
  record.kind = static_cast<RecordKind>(kind);
  record.at.ms = static_cast<std::int64_t>(TRY(in.u64()));
  record.key.deployment = TRY(in.sized());
  record.key.package = TRY(in.sized());
  record.key.version = TRY(in.sized());
  if (record.kind == RecordKind::Waiting) record.waiting = TRY(read_waiting(in));
  if (record.kind == RecordKind::Intent) record.intent = TRY(read_intent(in));
  if (record.kind == RecordKind::Result) record.result = TRY(read_result(in));
  if (!in.at_end()) return fail(kLogDamaged, "{} bytes behind a record", in.remaining());
  return record;
}

// The payload of the whole, intact record at the start of `bytes`; nothing where there is none.
std::optional<ByteView> intact_payload(ByteView bytes) {
  ByteReader in(bytes);
  const auto magic = in.u32();
  const auto size = in.u32();
  const auto crc = in.u32();
  if (!magic || !size || !crc || *magic != kMagic || *size > kLongestRecord) return std::nullopt;
  const auto payload = in.bytes(*size);
  if (!payload) return std::nullopt;
  ByteWriter summed;
  summed.u32(*size);
  summed.bytes(*payload);
  if (crc32(summed.view()) != *crc) return std::nullopt;
  return *payload;
}

// The time by which a record decides when something is due.
Timestamp deciding_time(const ExecutionRecord& record) {
  switch (record.kind) {
    case RecordKind::Intent:
      return record.intent->due;
    case RecordKind::Result:
    case RecordKind::Happened:
      return record.at;
    default:
      return {};
  }
}

bool has_record_behind(ByteView rest) {
  for (std::size_t at = 1; at + kHeader <= rest.size(); ++at)
    if (intact_payload(rest.substr(at))) return true;
  return false;
}

}  // namespace

const ErrorKind& software_error(std::uint16_t number) {
  for (const ErrorKind* kind :
       {&kBadDeployment, &kNeedsRoot, &kPolicyExpired, &kContentChanged, &kContentMissing,
        &kContentUnreachable, &kCacheTooSmall, &kProgramFailed, &kProgramTooLong,
        &kProgramNotStarted, &kInterrupted, &kAlreadyRan, &kNotRequestable, &kLogDamaged,
        &kRequirementsUnmet, &kFirstProgramFailed, &kFirstProgramMissing})
    if (kind->number == number) return *kind;
  return kClientStateFailed;
}

std::uint32_t crc32(ByteView bytes) {
  std::uint32_t value = 0xFFFFFFFFu;
  for (char c : bytes)
    value = kCrcTable[(value ^ static_cast<std::uint8_t>(c)) & 255] ^ (value >> 8);
  return ~value;
}

bool shows_run(const ExecutionRecord& record) {
  return record.kind == RecordKind::Waiting  ? record.waiting->ran
         : record.kind == RecordKind::Result ? record.result->ending != Ending::NeverRan
                                             : false;
}

Bytes encode_record(const ExecutionRecord& record) {
  const Bytes payload = encode_payload(record);
  MUSTER_CHECK(payload.size() <= kLongestRecord);
  ByteWriter summed;
  summed.u32(static_cast<std::uint32_t>(payload.size()));
  summed.bytes(payload);
  ByteWriter out;
  out.u32(kMagic);
  out.u32(static_cast<std::uint32_t>(payload.size()));
  out.u32(crc32(summed.view()));
  out.bytes(payload);
  return std::move(out).take();
}

Result<LogReplay> replay_log(ByteView log) {
  LogReplay out;
  while (out.good_bytes < log.size()) {
    const ByteView rest = log.substr(out.good_bytes);
    const auto payload = intact_payload(rest);
    if (!payload) {
      const bool zeros = rest.find_first_not_of('\0') == ByteView::npos;
      if (!zeros && (rest.size() > kHeader + kLongestRecord || has_record_behind(rest)))
        return fail(kLogDamaged, "a broken record at byte {}", out.good_bytes);
      return out;
    }
    out.records.push_back(TRY_IN(decode_payload(*payload), "record at byte {}", out.good_bytes));
    out.good_bytes += kHeader + payload->size();
  }
  return out;
}

std::vector<ExecutionRecord> compact_records(const std::vector<ExecutionRecord>& records) {
  // Per key the newest record of each kind, and of Waiting the newest per reason, by position;
  // besides the newest run that took place, by its intent and the record that closed it.
  std::map<std::pair<ExecutionKey, int>, std::size_t> newest;
  std::map<ExecutionKey, std::size_t> open_intents;
  constexpr int kRanIntent = 1000, kRanClosed = 1001;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const ExecutionRecord& record = records[i];
    const int slot = static_cast<int>(record.kind) * 10 +
                     (record.waiting ? static_cast<int>(record.waiting->reason) : 0);
    if (record.kind != RecordKind::ClockSet) newest[{record.key, slot}] = i;
    if (record.kind == RecordKind::Intent) open_intents[record.key] = i;
    if (record.kind != RecordKind::Waiting && record.kind != RecordKind::Result) continue;
    const auto open = open_intents.find(record.key);
    if (open == open_intents.end()) continue;
    if (shows_run(record)) {
      newest[{record.key, kRanIntent}] = open->second;
      newest[{record.key, kRanClosed}] = i;
    }
    open_intents.erase(open);
  }
  std::vector<bool> kept(records.size(), false);
  for (const auto& [slot, index] : newest) kept[index] = true;
  std::vector<ExecutionRecord> out;
  Timestamp latest{};
  for (std::size_t i = 0; i < records.size(); ++i) {
    const ExecutionRecord& record = records[i];
    if (kept[i]) latest = std::max(latest, deciding_time(record));
    // A clock that was set matters as long as there are times that it was set behind.
    if (!kept[i] && (record.kind != RecordKind::ClockSet || latest <= record.at)) continue;
    out.push_back(record);
    if (record.kind == RecordKind::ClockSet) latest = record.at;
  }
  return out;
}

}  // namespace muster::client
