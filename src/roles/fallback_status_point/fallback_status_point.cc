#include "roles/fallback_status_point/fallback_status_point.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/log.h"
#include "base/os/file.h"
#include "contract/fallback_message.h"
#include "hosting/inbox_record.h"
#include "roles/fallback_status_point/errors.h"

namespace muster::fallback_status_point {
namespace {

constexpr std::size_t kRecordLimit = 4096;
constexpr std::size_t kBatchBytes = 64u << 10;
constexpr Duration kLongestWait = std::chrono::seconds(5);
constexpr Duration kShareInterval = std::chrono::hours(1);
constexpr Duration kAfterFailure = std::chrono::seconds(10);

hosting::IntakeRule rule(const Settings& settings) {
  const auto an_hour = static_cast<double>(settings.integer("fallback.address_messages"));
  return {.burst = an_hour, .per_second = an_hour / 3600, .senders = 100'000};
}

net::Response later(int status, const Error& error, std::string_view seconds) {
  net::Response response = hosting::problem(status, error);
  response.headers.add("Retry-After", std::string(seconds));
  return response;
}

}  // namespace

FallbackStatusPoint::FallbackStatusPoint(hosting::Site& site, std::unique_ptr<store::Journal> spool)
    : site_(&site),
      spool_(std::move(spool)),
      limit_(rule(site.settings)),
      allowance_(static_cast<std::uint64_t>(site.settings.integer("fallback.site_messages"))) {}

FallbackStatusPoint::~FallbackStatusPoint() { stop(); }

Result<std::unique_ptr<FallbackStatusPoint>> FallbackStatusPoint::start(hosting::Site& site) {
  TRY(os::make_private_folder(site.folder("fallback")));
  store::JournalOptions options;
  options.record_bytes = kRecordLimit;
  options.segment_bytes = 512u << 10;
  options.group_bytes = 256u << 10;
  options.limit_bytes = site.settings.size_bytes("fallback.spool_limit");
  auto spool = TRY(store::Journal::open(site.folder("fallback") / "spool", options));
  std::unique_ptr<FallbackStatusPoint> point(new FallbackStatusPoint(site, std::move(spool)));
  TRY(point->load_state());
  point->thread_ = std::thread([raw = point.get()] { raw->work(); });
  return point;
}

void FallbackStatusPoint::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake_.notify();
  thread_.join();
}

Result<void> FallbackStatusPoint::load_state() {
  const auto file = site_->folder("fallback") / "position";
  if (os::file_exists(file)) {
    const Bytes bytes = TRY(os::read_file(file));
    ByteReader in(bytes);
    handed_on_ = TRY_IN(in.u64(), "{}", file.string());
    TRY_IN(allowance_.restore(TRY(in.sized())), "{}", file.string());
  }
  handed_on_ = std::max(handed_on_, spool_->begin());
  return {};
}

Result<void> FallbackStatusPoint::save_state() const {
  ByteWriter out;
  out.u64(handed_on_);
  out.sized(allowance_.state());
  return os::replace_file(site_->folder("fallback") / "position", out.view(),
                          os::FileMode::Private);
}

// The quota comes before everything else: what is refused costs next to nothing, whatever it is.
net::Response FallbackStatusPoint::take(hosting::Call& call) {
  const std::string& peer = call.request.head.peer.address;
  if (!limit_.take(hosting::intake_sender(peer), call.now))
    return later(429, Error(kQuotaUsed, fmt::format("address {}", peer)), "600");
  const auto message = contract::decode_fallback_message(call.request.body);
  if (!message) return hosting::problem(400, message.error());
  // Written anew: nothing of the sender's own spelling goes on.
  const auto kept = spool_->append(hosting::encode_inbox_record(
      {call.now, {}, contract::encode_fallback_message(*message), peer}));
  if (!kept) {
    log::failure(log::Level::Error, "fallback.spool.failed", kept.error(), {{"connection", 13}});
    return later(503, kept.error(), "600");
  }
  wake_.notify();
  net::Response response;
  response.status = 204;
  return response;
}

std::vector<hosting::Route> FallbackStatusPoint::routes() {
  return {{.connection = "13",
           .method = "POST",
           .pattern = std::string(contract::kFallbackPath),
           .access = hosting::Access::Public,
           .where = net::Where::Pool,
           .body_limit_bytes = contract::kFallbackMessageLimit,
           .body_folder = {},
           .handler = [this](hosting::Call& call) { return take(call); },
           .traffic = hosting::TrafficClass::Status}};
}

void FallbackStatusPoint::work() {
  while (!stopping_) {
    const auto more = hand_on();
    if (!more) {
      log::failure(log::Level::Error, "fallback.handover.failed", more.error(),
                   {{"connection", 12}});
      wake_.wait(kAfterFailure);
    } else if (!*more) {
      wake_.wait(kLongestWait);
    }
  }
}

// Once an hour: the backlog is what an operator should know of.
void FallbackStatusPoint::say_share_used() {
  const Timestamp now = site_->clock.now();
  if (now < share_told_ + kShareInterval && now >= share_told_) return;
  share_told_ = now;
  log::warning("fallback.share.used", "the hour's messages to the site are used up; others wait",
               {{"connection", 12}, {"waiting_bytes", spool_->end() - handed_on_}});
}

// `gone`: how many the inbox holds durably, the first ones, also where the others failed.
Result<void> FallbackStatusPoint::give_to_site(std::span<const store::JournalRecord> records,
                                               std::uint64_t& gone) {
  std::vector<store::Journal::Ticket> tickets;
  Result<void> queued;
  for (const store::JournalRecord& record : records) {
    auto ticket = site_->inbox->queue(record.payload);
    if (!ticket) {
      queued = fail(ticket.error());
      break;
    }
    tickets.push_back(*std::move(ticket));
  }
  for (const auto& ticket : tickets) {
    TRY(site_->inbox->wait(ticket));
    ++gone;
  }
  return queued;
}

Result<bool> FallbackStatusPoint::hand_on() {
  if (handed_on_ >= spool_->end()) return false;
  const auto records = TRY(spool_->read(handed_on_, kBatchBytes));
  const Timestamp now = site_->clock.now();
  const std::uint64_t allowed = allowance_.take(records.size(), now);
  if (allowed < records.size()) say_share_used();
  if (allowed == 0) return false;
  // Counted before they go: a crash in between costs some of the hour's number, never adds to it.
  // The site drops what comes twice.
  std::uint64_t gone = 0;
  auto given = save_state();
  if (given) given = give_to_site({records.data(), allowed}, gone);
  allowance_.give_back(allowed - gone, now);
  if (gone > 0) handed_on_ = records[gone - 1].next;
  auto saved = save_state();
  TRY(std::move(given));
  TRY(std::move(saved));
  TRY(spool_->trim(handed_on_));
  site_->changed.notify();
  return handed_on_ < spool_->end();
}

}  // namespace muster::fallback_status_point
