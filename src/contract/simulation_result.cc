#include "contract/simulation_result.h"

#include "wire/json.h"

namespace muster::contract {
namespace {

void write_answers(wire::JsonWriter& out, const AnswerTimes& times) {
  out.object().key("kind").string(times.kind).key("answered").number(times.answered);
  out.key("failed").number(times.failed);
  out.key("p50Ms").real(times.p50_ms).key("p90Ms").real(times.p90_ms);
  out.key("p99Ms").real(times.p99_ms).key("longestMs").real(times.longest_ms);
  if (!times.first_failure.empty()) out.key("firstFailure").string(times.first_failure);
  out.end();
}

void write_phase(wire::JsonWriter& out, const SimulationPhase& phase) {
  out.object().key("name").string(phase.name).key("seconds").real(phase.seconds);
  out.key("answers").array();
  for (const AnswerTimes& each : phase.answers) write_answers(out, each);
  out.end();
  out.key("fullHandshakes").number(phase.full_handshakes);
  out.key("resumedHandshakes").number(phase.resumed_handshakes);
  out.key("connected").number(phase.connected);
  if (phase.connected_after_s >= 0) out.key("connectedAfterS").real(phase.connected_after_s);
  out.key("serverCpuS").real(phase.server_cpu_s);
  out.key("serverResidentBytes").number(phase.server_resident_bytes);
  out.key("serverPeakBytes").number(phase.server_peak_bytes);
  out.key("databaseBytes").number(phase.database_bytes);
  out.end();
}

}  // namespace

Bytes encode_simulation_result(const SimulationResult& result) {
  wire::JsonWriter out;
  out.object().key("format").number(1).key("scenario").string(result.scenario);
  out.key("began").string(to_text(result.began));
  out.key("clients").number(result.clients).key("pace").number(result.pace);
  out.key("hardware").object().key("processor").string(result.processor);
  out.key("cores").number(result.cores).key("memoryBytes").number(result.memory_bytes);
  out.key("system").string(result.system).end();
  out.key("ownCpuS").real(result.own_cpu_s);
  out.key("phases").array();
  for (const SimulationPhase& phase : result.phases) write_phase(out, phase);
  out.end().end();
  return std::move(out).take();
}

}  // namespace muster::contract
