#include "simulator/report.h"

namespace muster::simulator {
namespace {

double seconds(Duration time) { return static_cast<double>(time.count()) / 1000; }
double ms(TimeTally::Micros time) { return static_cast<double>(time.count()) / 1000; }

}  // namespace

std::string_view to_text(Exchange exchange) {
  constexpr std::string_view kNames[] = {"enrolment", "poll",      "document", "message",
                                         "round",     "handshake", "hostile"};
  return kNames[static_cast<std::size_t>(exchange)];
}

Report::Times& Report::times(Exchange exchange) { return times_[exchange]; }

void Report::begin_phase(std::string name) {
  end();
  phase_.emplace();
  phase_->name = std::move(name);
  if (all_connected_) phase_->connected_after_s = 0;
  began_ = clock_->steady();
  servers_->begin();
}

void Report::end() {
  if (!phase_) return;
  phase_->seconds = seconds(clock_->steady() - began_);
  for (const auto& [exchange, measured] : times_) {
    const TimeTally& tally = measured.tally;
    phase_->answers.push_back({.kind = std::string(to_text(exchange)),
                               .answered = tally.count(),
                               .failed = measured.failed,
                               .p50_ms = ms(tally.percentile(50)),
                               .p90_ms = ms(tally.percentile(90)),
                               .p99_ms = ms(tally.percentile(99)),
                               .longest_ms = ms(tally.longest()),
                               .first_failure = measured.first_failure});
  }
  times_.clear();
  phase_->connected = connected_;
  const ServerUse use = servers_->end();
  phase_->server_cpu_s = use.cpu_s;
  phase_->server_resident_bytes = use.resident_bytes;
  phase_->server_peak_bytes = use.peak_bytes;
  phase_->database_bytes = use.database_bytes;
  phases_.push_back(*std::exchange(phase_, std::nullopt));
}

void Report::answered(Exchange exchange, Duration time) { times(exchange).tally.add(time); }

void Report::failed(Exchange exchange, const Error& error) {
  Times& of_kind = times(exchange);
  if (of_kind.failed++ == 0) of_kind.first_failure = error.text();
}

void Report::shook_hands(Duration time, bool resumed) {
  answered(Exchange::Handshake, time);
  if (!phase_) return;
  ++(resumed ? phase_->resumed_handshakes : phase_->full_handshakes);
}

void Report::looked() { answered(Exchange::Round, clock_->steady() - began_); }

void Report::connected(std::uint64_t connected, std::uint64_t on) {
  connected_ = connected;
  const bool all = on > 0 && connected == on;
  if (all == all_connected_) return;
  all_connected_ = all;
  if (phase_) phase_->connected_after_s = all ? seconds(clock_->steady() - began_) : -1;
}

std::string to_table(const contract::SimulationResult& result) {
  std::string out = fmt::format("{}: {} clients, pace {}; {} x {}, {} GB, {}\n", result.scenario,
                                result.clients, result.pace, result.cores, result.processor,
                                result.memory_bytes >> 30, result.system);
  constexpr double kMegabyte = 1 << 20;
  for (const contract::SimulationPhase& phase : result.phases) {
    out += fmt::format("\n{} ({:.1f} s): {} connected{}; handshakes {} full, {} resumed\n",
                       phase.name, phase.seconds, phase.connected,
                       phase.connected_after_s < 0
                           ? std::string(", not all")
                           : fmt::format(", all after {:.2f} s", phase.connected_after_s),
                       phase.full_handshakes, phase.resumed_handshakes);
    out += fmt::format(
        "  servers: {:.2f} s of CPU, {:.1f} MB resident, {:.1f} MB at most; database {:.1f} MB\n",
        phase.server_cpu_s, static_cast<double>(phase.server_resident_bytes) / kMegabyte,
        static_cast<double>(phase.server_peak_bytes) / kMegabyte,
        static_cast<double>(phase.database_bytes) / kMegabyte);
    if (!phase.answers.empty())
      out += fmt::format("  {:<10}{:>9}{:>8}{:>10}{:>10}{:>10}{:>10} ms\n", "", "answered",
                         "failed", "p50", "p90", "p99", "longest");
    for (const contract::AnswerTimes& each : phase.answers)
      out +=
          fmt::format("  {:<10}{:>9}{:>8}{:>10.1f}{:>10.1f}{:>10.1f}{:>10.1f}{}\n", each.kind,
                      each.answered, each.failed, each.p50_ms, each.p90_ms, each.p99_ms,
                      each.longest_ms, each.first_failure.empty() ? "" : "  " + each.first_failure);
  }
  return out;
}

}  // namespace muster::simulator
