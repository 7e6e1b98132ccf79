// The endpoint mapper: what a stranger sends to it, and what a stranger answers in its place. The
// first byte chooses.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "transport/mapper_association.h"
#include "transport/mapper_datagram.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::transport {
namespace {

void register_some(EndpointList& endpoints) {
  for (std::uint8_t i = 1; i < 4; ++i)
    endpoints.set({{{0x1000, 0, 0, {i}}, 1, i}, static_cast<std::uint16_t>(2000 + i), {}, "role"});
}

// Every packet that is sent is one that can be read.
void check_answers(ByteView answer) {
  while (!answer.empty()) {
    const auto header = wire::rpc::read_pdu_header(answer);
    MUSTER_CHECK(header.has_value() && header->fragment_size <= answer.size());
    answer.remove_prefix(header->fragment_size);
  }
}

// Whole, and cut in two.
void check_association(ByteView bytes, std::size_t cut) {
  EndpointList endpoints;
  register_some(endpoints);
  Bytes whole;
  SeededRandom random(1);
  MapperAssociation association(endpoints, random, {{10, 0, 0, 1}, 2135});
  const bool open = association.receive(bytes, whole);
  check_answers(whole);
  Bytes parts;
  SeededRandom same(1);
  MapperAssociation other(endpoints, same, {{10, 0, 0, 1}, 2135});
  const bool goes_on = other.receive(bytes.substr(0, cut), parts);
  const bool ends_open = goes_on && other.receive(bytes.substr(std::min(cut, bytes.size())), parts);
  MUSTER_CHECK(parts == whole && ends_open == open);
}

void check_datagram(ByteView bytes) {
  EndpointList endpoints;
  register_some(endpoints);
  const Bytes answer = answer_datagram(bytes, endpoints, {10, 0, 0, 1}, 7);
  MUSTER_CHECK(answer.size() <= 1000);
  // Two mappers never talk to each other.
  MUSTER_CHECK(answer_datagram(answer, endpoints, {10, 0, 0, 1}, 7).empty());
}

void check_tower(ByteView bytes) {
  const auto tower = wire::rpc::read_tower(bytes);
  if (!tower || !tower->is_tcp()) return;
  const auto again = wire::rpc::read_tower(wire::rpc::write_tower(*tower));
  MUSTER_CHECK(again.has_value() && *again == *tower);
}

void check_map(ByteView bytes, ByteOrder order) {
  const auto answer = wire::rpc::read_map_answer(bytes, order);
  if (answer)
    for (const auto& tower : answer->towers)
      if (!tower.is_tcp()) return;
  if (answer) {
    const auto again =
        wire::rpc::read_map_answer(wire::rpc::write_map_answer(*answer), ByteOrder::Little);
    MUSTER_CHECK(again.has_value() && again->towers == answer->towers);
  }
  const auto request = wire::rpc::read_map_request(bytes, order);
  if (!request || (request->tower && !request->tower->is_tcp())) return;
  const auto same =
      wire::rpc::read_map_request(wire::rpc::write_map_request(*request), ByteOrder::Little);
  MUSTER_CHECK(same.has_value() && same->tower == request->tower);
}

void check_packets(ByteView bytes) {
  constexpr std::size_t kWritable = 60'000;
  if (bytes.size() > kWritable) return;
  (void)wire::rpc::read_fault(bytes);
  if (const auto bind = wire::rpc::read_bind(bytes)) {
    const auto again = wire::rpc::read_bind(wire::rpc::write_bind(1, *bind));
    MUSTER_CHECK(again.has_value() && again->contexts.size() == bind->contexts.size());
  }
  if (const auto ack = wire::rpc::read_bind_ack(bytes)) {
    const auto again =
        wire::rpc::read_bind_ack(wire::rpc::write_bind_ack(wire::rpc::PduType::BindAck, 1, *ack));
    MUSTER_CHECK(again.has_value() && again->results.size() == ack->results.size());
  }
}

}  // namespace
}  // namespace muster::transport

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  using muster::ByteOrder;
  const muster::ByteView text(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (data[0] == 'a') muster::transport::check_association(text, data[1]);
  if (data[0] == 'd') muster::transport::check_datagram(text);
  if (data[0] == 't') muster::transport::check_tower(text);
  if (data[0] == 'm') muster::transport::check_map(text, ByteOrder::Little);
  if (data[0] == 'b') muster::transport::check_map(text, ByteOrder::Big);
  if (data[0] == 'p') muster::transport::check_packets(text);
  return 0;
}
