#include "roles/client/notices/pending_restart.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/errors.h"
#include "base/log.h"
#include "base/os/file.h"

namespace muster::client {
namespace {
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMostCauses = 1000;
constexpr std::size_t kLargestFile = 1u << 20;
}  // namespace

Bytes encode_pending_restart(const PendingRestart& pending) {
  ByteWriter out;
  out.u8(kFormat);
  out.sized(pending.boot);
  out.u64(static_cast<std::uint64_t>(pending.since.ms));
  out.varint(pending.causes.size());
  for (const std::string& cause : pending.causes) out.sized(cause);
  return std::move(out).take();
}

Result<PendingRestart> decode_pending_restart(ByteView bytes) {
  ByteReader in(bytes);
  const std::uint8_t format = TRY(in.u8());
  if (format != kFormat) return fail(kBadEncoding, "format {} instead of {}", format, kFormat);
  PendingRestart pending;
  pending.boot = TRY(in.sized());
  pending.since.ms = static_cast<std::int64_t>(TRY(in.u64()));
  const std::uint64_t count = TRY(in.varint());
  if (count > kMostCauses) return fail(kBadEncoding, "{} causes", count);
  for (std::uint64_t i = 0; i < count; ++i) pending.causes.emplace(TRY(in.sized()));
  if (!in.at_end()) return fail(kBadEncoding, "{} bytes too many", in.remaining());
  return pending;
}

Result<RestartKeeper> RestartKeeper::open(std::filesystem::path file, std::string boot) {
  RestartKeeper keeper(std::move(file), std::move(boot));
  if (!os::file_exists(keeper.file_)) return keeper;
  const auto bytes = os::read_file(keeper.file_, kLargestFile);
  auto pending =
      bytes ? decode_pending_restart(*bytes) : Result<PendingRestart>(fail(bytes.error()));
  if (!pending) {
    log::failure(log::Level::Warning, "restart.state.unreadable", pending.error(),
                 {{"file", keeper.file_.string()}});
    return keeper;
  }
  if (pending->boot == keeper.boot_) keeper.pending_ = *std::move(pending);
  return keeper;
}

Result<void> RestartKeeper::ask(const std::string& deployment, Timestamp at) {
  PendingRestart next = pending_.value_or(PendingRestart{boot_, at});
  if (next.causes.size() < kMostCauses) next.causes.insert(deployment);
  if (pending_ && next == *pending_) return {};
  TRY(os::replace_file(file_, encode_pending_restart(next), os::FileMode::Private));
  pending_ = std::move(next);
  return {};
}

void RestartKeeper::mend_clock(Timestamp now) {
  if (pending_ && pending_->since > now) pending_->since = now;
}

}  // namespace muster::client
