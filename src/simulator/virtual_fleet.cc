#include "simulator/virtual_fleet.h"

#include <netinet/in.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "base/settings_tables.h"
#include "hosting/server_check.h"
#include "net/url.h"
#include "simulator/errors.h"

namespace muster::simulator {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(5);
// Of a round of the loop, for making inventories: the others' answers wait meanwhile.
constexpr Duration kWorkPerRound = std::chrono::milliseconds(5);
constexpr Duration kLongestWait = std::chrono::minutes(10);
constexpr std::uint64_t kMostHostileInFlight = 256;
constexpr std::size_t kKeptSessions = 1u << 20;

// The address `count` behind the first one.
Result<std::string> source_address(const std::string& first, std::uint64_t count) {
  if (first.empty()) return std::string();
  const auto parsed = TRY_IN(net::parse_address(first, 0), "--sources");
  sockaddr_in address{};
  std::memcpy(&address, &parsed.storage, sizeof address);
  if (parsed.storage.ss_family != AF_INET)
    return fail(kUnknownOption, "--sources {}: an IPv4 address is wanted", first);
  const std::uint32_t number = ntohl(address.sin_addr.s_addr) + static_cast<std::uint32_t>(count);
  return fmt::format("{}.{}.{}.{}", number >> 24, number >> 16 & 255, number >> 8 & 255,
                     number & 255);
}

Result<client::NudgeHoldSettings> retry_settings() {
  const Settings settings({client_settings()});
  return client::NudgeHoldSettings{settings.duration("retry.first"),
                                   settings.duration("retry.longest")};
}

}  // namespace

VirtualFleet::VirtualFleet(const contract::Scenario& scenario, FleetState& state, Report& report,
                           const Clock& clock, Random& random)
    : scenario_(scenario),
      state_(state),
      report_(report),
      clock_(clock),
      random_(random),
      loop_(clock),
      ticks_(kTick),
      machines_(MachineTemplate::package_names(), scenario.systems) {}

VirtualFleet::~VirtualFleet() = default;

Result<std::unique_ptr<VirtualFleet>> VirtualFleet::create(const VirtualFleetSettings& settings,
                                                           const contract::Scenario& scenario,
                                                           FleetState& state, Report& report,
                                                           const Clock& clock, Random& random) {
  std::unique_ptr<VirtualFleet> fleet(new VirtualFleet(scenario, state, report, clock, random));
  TRY(fleet->open(settings));
  return fleet;
}

// Every handshake shows the same certificate: it is looked at anew when it is another one.
Result<trust::Certificate> VirtualFleet::check(ByteView leaf, std::span<const Bytes> chain) {
  if (!ca_ || checked_leaf_ != leaf) {
    ca_ = TRY(hosting::check_server({state_.ca_sha256}, leaf, chain, host_, clock_.now()));
    checked_leaf_ = leaf;
  }
  return *ca_;
}

Result<void> VirtualFleet::open(const VirtualFleetSettings& settings) {
  net::LoopClientSettings client;
  client.server = settings.management_point;
  host_ = TRY(net::parse_url(settings.management_point + "/")).host;
  client.tls.verify = [this](ByteView leaf, std::span<const Bytes> chain) -> Result<void> {
    TRY(check(leaf, chain));
    return {};
  };
  client.limits.kept_sessions = kKeptSessions;
  client.connected = [this](Duration took, bool resumed) { report_.shook_hands(took, resumed); };
  http_ = TRY(net::LoopClient::create(std::move(client), loop_));
  around_.emplace(Surroundings{
      .clock = clock_,
      .random = random_,
      .http = *http_,
      .machines = machines_,
      .report = report_,
      .documents = documents_,
      .root_sha256 = state_.root_sha256,
      .ca = ca_,
      .retry = TRY(retry_settings()),
      .pace = scenario_.pace,
      .hold = scenario_.hold,
      .may_work = [this] { return clock_.steady() - loop_.now() < kWorkPerRound; },
      .counted =
          [this](int on, int connected) {
            on_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(on));
            connected_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(connected));
            report_.connected(connected_, on_);
          },
      .wake_at =
          [this](std::size_t place, std::optional<Duration> at) {
            std::optional<Duration>& set = wake_times_[place];
            if (set) due_.erase({*set, place});
            set = at;
            if (set) due_.insert({*set, place});
          }});
  wake_times_.resize(state_.clients.size());
  for (KeptClient& kept : state_.clients)
    clients_.push_back(std::make_unique<VirtualClient>(
        *around_, clients_.size(), kept, TRY(source_address(settings.sources, clients_.size()))));
  return {};
}

Result<void> VirtualFleet::run() {
  loop_.add_deadlines(ticks_);
  began_ = clock_.steady();
  for (const contract::ScenarioEvent& event : scenario_.events) events_.push_back(&event);
  report_.begin_phase("start");
  SeededRandom random(scenario_.seed);
  const auto over = static_cast<std::uint64_t>(scenario_.power_on_over.count()) + 1;
  for (const auto& client : clients_)
    later(Duration(static_cast<std::int64_t>(random.below(over))),
          [each = client.get()] { each->power_on(); });
  ticks_.arm(*this, began_);
  loop_.run();
  look_after_commands();
  report_.end();
  for (std::size_t i = 0; i < clients_.size(); ++i)
    if (!clients_[i]->is_settled()) state_.clients[i].reported.reset();
  if (ended_by_) return fail(*ended_by_);
  return {};
}

void VirtualFleet::later(Duration time, std::function<void()> what) {
  agenda_.emplace(clock_.steady() + time, std::move(what));
}

// The scenario's clock: it stands still while an event waits for all to be connected.
Duration VirtualFleet::elapsed() const { return clock_.steady() - began_ - waited_; }

void VirtualFleet::on_deadline() {
  const Duration now = clock_.steady();
  while (!agenda_.empty() && agenda_.begin()->first <= now) {
    const auto what = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    what();
  }
  wake_due();
  look_after_commands();
  begin_due_events();
  if (ended_by_ || (events_.empty() && elapsed() >= scenario_.lasts)) return loop_.quit();
  ticks_.arm(*this, now);
}

void VirtualFleet::wake_due() {
  const Duration now = clock_.steady();
  while (!due_.empty() && due_.begin()->first <= now) {
    const std::size_t place = due_.begin()->second;
    due_.erase(due_.begin());
    wake_times_[place].reset();
    clients_[place]->step();
  }
}

void VirtualFleet::begin_due_events() {
  while (!events_.empty() && !ended_by_ && elapsed() >= events_.front()->at) {
    const contract::ScenarioEvent& event = *events_.front();
    const Duration now = clock_.steady();
    if (event.when_connected && connected_ < on_) {
      if (!waiting_since_) waiting_since_ = now;
      if (now - *waiting_since_ >= kLongestWait)
        ended_by_ = Error(kNotAllConnected,
                          fmt::format("event {}: {} of {} clients are connected after {}",
                                      event.name, connected_, on_, to_text(kLongestWait)));
      return;
    }
    if (waiting_since_) waited_ += now - *std::exchange(waiting_since_, std::nullopt);
    events_.pop_front();
    if (const auto begun = begin(event); !begun) ended_by_ = begun.error();
  }
}

Result<void> VirtualFleet::begin(const contract::ScenarioEvent& event) {
  using Kind = contract::ScenarioEvent::Kind;
  log::info("simulator.event", event.name, {{"connected", connected_}, {"on", on_}});
  report_.begin_phase(event.name);
  switch (event.kind) {
    case Kind::Patch:
      spread(event, [telling = event.whole ? VirtualClient::Telling::Whole
                                           : VirtualClient::Telling::Changes](
                        VirtualClient& client) { client.patch(telling); });
      return {};
    case Kind::PowerOff:
      spread(event, [](VirtualClient& client) { client.power_off(); });
      return {};
    case Kind::PowerOn:
      spread(event, [](VirtualClient& client) { client.power_on(); });
      return {};
    case Kind::Run:
      return start_command(event.command);
    case Kind::Hostile:
      play_hostile(event);
      return {};
    case Kind::Mark:
      return {};
  }
  return {};
}

void VirtualFleet::spread(const contract::ScenarioEvent& event,
                          const std::function<void(VirtualClient&)>& what) {
  SeededRandom random(scenario_.seed + static_cast<std::uint64_t>(event.at.count()) + 1);
  const auto over = static_cast<std::uint64_t>(event.over.count()) + 1;
  std::uint64_t wanted = event.count.value_or(0), left = clients_.size();
  for (const auto& client : clients_) {
    const bool chosen =
        event.count ? random.below(left--) < wanted : random.below(100) < event.percent;
    if (chosen && event.count) --wanted;
    const Duration time(static_cast<std::int64_t>(random.below(over)));
    if (chosen) later(time, [what, each = client.get()] { what(*each); });
  }
}

Result<void> VirtualFleet::start_command(const std::vector<std::string>& command) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = 0;
  const int error =
      ::posix_spawnp(&process, arguments[0], nullptr, nullptr, arguments.data(), environ);
  if (error != 0) return fail(kCommandFailed, "{}: {}", command[0], std::strerror(error));
  commands_.emplace_back(process, command[0]);
  return {};
}

// One that goes on, such as a server that was started anew, is left to go on.
void VirtualFleet::look_after_commands() {
  std::erase_if(commands_, [&](const auto& command) {
    int status = 0;
    if (::waitpid(command.first, &status, WNOHANG) != command.first) return false;
    if (status != 0 && !ended_by_)
      ended_by_ = Error(kCommandFailed, fmt::format("{} ended with status {}", command.second,
                                                    WIFEXITED(status) ? WEXITSTATUS(status) : -1));
    return true;
  });
}

void VirtualFleet::play_hostile(const contract::ScenarioEvent& event) {
  const auto on = std::ranges::find_if(clients_, [](const auto& each) { return each->is_on(); });
  if (on != clients_.end()) poll_hostile(**on, event, clock_.steady(), 0);
}

// As many as should have been sent by now, whether they were answered or not.
void VirtualFleet::poll_hostile(VirtualClient& client, const contract::ScenarioEvent& event,
                                Duration began, std::uint64_t sent) {
  const Duration time = clock_.steady() - began;
  if (time >= event.lasts) return;
  const auto wanted = static_cast<std::uint64_t>(time.count()) * event.rate / 1000;
  for (; sent < wanted; ++sent) {
    if (in_flight_ >= kMostHostileInFlight) continue;
    ++in_flight_;
    client.poll_without_pause([this] { --in_flight_; });
  }
  later(kTick, [this, &client, &event, began, sent] { poll_hostile(client, event, began, sent); });
}

}  // namespace muster::simulator
