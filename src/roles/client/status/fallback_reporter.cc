#include "roles/client/status/fallback_reporter.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/log.h"
#include "base/os/file.h"
#include "model/client_states.h"
#include "roles/client/damaged_file.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace {

constexpr std::size_t kMostWaiting = 64;
constexpr std::size_t kLongestName = 63;
constexpr Duration kAnswerTime = std::chrono::seconds(20);
constexpr std::size_t kIdBytes = 16;

// Only what the message's strict form takes.
std::string plain_name(const std::string& host) {
  std::string out = host.substr(0, kLongestName);
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) c = '-';
  }
  return out.empty() ? "unnamed" : out;
}

}  // namespace

FallbackReporter::FallbackReporter(FallbackSettings settings, model::DeviceId device,
                                   const Clock& clock, Random& random)
    : settings_(std::move(settings)),
      device_(std::move(device)),
      clock_(&clock),
      random_(&random) {}

Result<std::unique_ptr<FallbackReporter>> FallbackReporter::open(FallbackSettings settings,
                                                                 model::DeviceId device,
                                                                 const Clock& clock,
                                                                 Random& random) {
  std::unique_ptr<FallbackReporter> reporter(
      new FallbackReporter(std::move(settings), std::move(device), clock, random));
  if (reporter->settings_.point.empty()) return reporter;
  net::ClientSettings http;
  http.proxy = reporter->settings_.proxy;
  http.stop = reporter->settings_.stop;
  reporter->http_ = TRY(net::HttpClient::create(std::move(http), clock));
  if (os::file_exists(reporter->settings_.file)) {
    if (const auto loaded = reporter->load(); !loaded) {
      set_aside(reporter->settings_.file, loaded.error());
      reporter->drop_all();
    }
  } else {
    using namespace model;
    reporter->report(kTopicClientDeployment, kStateDeploymentStarted, 0);
    reporter->report(kTopicClientDeployment, kStateDeploymentSucceeded, 0);
  }
  return reporter;
}

Result<void> FallbackReporter::load() {
  const Bytes bytes = TRY(os::read_file(settings_.file));
  ByteReader in(bytes);
  for (std::uint64_t left = TRY(in.varint()); left > 0; --left)
    waiting_.emplace_back(TRY(in.sized()));
  return {};
}

// What waited is lost; that this client was deployed is told already.
void FallbackReporter::drop_all() {
  waiting_.clear();
  if (const auto saved = save(); !saved)
    log::failure(log::Level::Error, "fallback.queue.failed", saved.error());
}

Result<void> FallbackReporter::save() const {
  ByteWriter out;
  out.varint(waiting_.size());
  for (const Bytes& each : waiting_) out.sized(each);
  return os::replace_file(settings_.file, out.view(), os::FileMode::Private);
}

void FallbackReporter::report(unsigned topic, unsigned state, unsigned cause) {
  if (!http_) return;
  contract::FallbackMessage message{random_->bytes(kIdBytes), device_};
  message.name = plain_name(settings_.host_name);
  message.at = clock_->now();
  message.topic = topic;
  message.state = state;
  message.cause = cause;
  message.site = site_;
  if (waiting_.size() == kMostWaiting) waiting_.pop_front();
  waiting_.push_back(contract::encode_fallback_message(message));
  said_[{topic, state}] = message.at;
  if (waiting_.size() == 1) timer_.set(message.at);
  if (const auto saved = save(); !saved)
    log::failure(log::Level::Error, "fallback.queue.failed", saved.error());
}

void FallbackReporter::report_repeatedly(unsigned topic, unsigned state, unsigned cause) {
  const auto said = said_.find({topic, state});
  const Timestamp now = clock_->now();
  if (said != said_.end() && now >= said->second && now < said->second + settings_.repeat) return;
  report(topic, state, cause);
}

void FallbackReporter::reached() {
  if (!away_) return;
  away_ = false;
  said_.erase({model::kTopicCommunication, model::kStateReachesNobody});
  report(model::kTopicCommunication, model::kStateCommunicates, 0);
}

void FallbackReporter::not_reached(unsigned cause) {
  away_ = true;
  report_repeatedly(model::kTopicCommunication, model::kStateReachesNobody, cause);
}

Result<void> FallbackReporter::send_first() {
  net::ClientRequest request;
  request.method = "POST";
  request.url = settings_.point + std::string(contract::kFallbackPath);
  request.headers.add("Content-Type", "application/json");
  request.body = waiting_.front();
  request.time = kAnswerTime;
  const auto response = TRY(http_->send(request));
  if (response.status == 429 || response.status >= 500)
    return fail(kFallbackRefused, "{}: status {}", settings_.point, response.status);
  if (response.status != 204)
    log::failure(log::Level::Warning, "fallback.message.refused",
                 Error(kFallbackRefused, fmt::format("{}: status {}; the message is dropped",
                                                     settings_.point, response.status)));
  waiting_.pop_front();
  return save();
}

void FallbackReporter::flush(Timestamp now) {
  while (!waiting_.empty() && timer_.due(now)) {
    const auto sent = send_first();
    if (sent) {
      timer_.set(now);
      continue;
    }
    log::failure(log::Level::Warning, "fallback.send.failed", sent.error());
    timer_.failed(now, settings_.retry_first, settings_.retry_longest,
                  static_cast<double>(random_->below(1000)) / 1000);
  }
}

std::optional<Timestamp> FallbackReporter::next() const {
  if (waiting_.empty()) return std::nullopt;
  return timer_.next();
}

}  // namespace muster::client
