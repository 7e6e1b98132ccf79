#include "transport/mapper_datagram.h"

#include <algorithm>

#include "transport/endpoint_search.h"
#include "wire/rpc/datagram.h"
#include "wire/rpc/pdu.h"

namespace muster::transport {
namespace {

using wire::rpc::Datagram;
using wire::rpc::DatagramType;
using wire::rpc::LookupHandle;
using wire::rpc::MapperCall;

constexpr std::uint32_t kWrongBootTime = 0x1c010006;  // C706 appendix E
// Marks a handle as one of ours; how far the list was read stands beside it.
constexpr wire::rpc::Uuid kMark{0, 0x6d75, 0x7374, {0x65, 0x72}};

struct Outcome {
  Bytes stub{};
  std::uint32_t fault = 0;
};

LookupHandle handle_at(std::size_t position) {
  LookupHandle out;
  out.uuid = kMark;
  out.uuid.time_low = static_cast<std::uint32_t>(position);
  return out;
}

// Nothing for a handle that is not ours.
std::optional<std::size_t> position_of(const LookupHandle& handle) {
  if (handle.is_nil()) return 0;
  LookupHandle marked = handle;
  marked.uuid.time_low = 0;
  if (marked.attributes != 0 || marked.uuid != kMark) return std::nullopt;
  return handle.uuid.time_low;
}

// Leaves the part of the list that is asked for; the handle of what follows it, or nil.
template <typename Item>
LookupHandle take_part(std::vector<Item>& items, std::size_t position, std::size_t most) {
  const std::size_t first = std::min(position, items.size());
  const std::size_t count = std::min({items.size() - first, most, kDatagramEntries});
  const bool is_full = count == std::min(most, kDatagramEntries);
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(first));
  items.resize(count);
  return is_full ? handle_at(first + count) : LookupHandle{};
}

Outcome look_up(const Datagram& asked, const EndpointList& endpoints, const wire::rpc::IpV4& own) {
  const auto request = wire::rpc::read_lookup_request(asked.body, asked.order);
  if (!request) return {{}, wire::rpc::kFaultNdr};
  const auto position = position_of(request->handle);
  if (!position) return {{}, wire::rpc::kFaultContextMismatch};
  wire::rpc::LookupAnswer answer;
  answer.max_entries = request->max_entries;
  if (request->max_entries == 0 || !is_known_inquiry(*request)) {
    answer.status = wire::rpc::kMapperCannotPerform;
    return {wire::rpc::write_lookup_answer(answer)};
  }
  answer.entries = find_entries(*endpoints.snapshot(), *request, own);
  answer.handle = take_part(answer.entries, *position, request->max_entries);
  if (answer.entries.empty()) answer.status = wire::rpc::kMapperNotRegistered;
  return {wire::rpc::write_lookup_answer(answer)};
}

Outcome map(const Datagram& asked, const EndpointList& endpoints, const wire::rpc::IpV4& own) {
  const auto request = wire::rpc::read_map_request(asked.body, asked.order);
  if (!request) return {{}, wire::rpc::kFaultNdr};
  const auto position = position_of(request->handle);
  if (!position) return {{}, wire::rpc::kFaultContextMismatch};
  wire::rpc::MapAnswer answer;
  answer.max_towers = request->max_towers;
  if (request->max_towers == 0) {
    answer.status = wire::rpc::kMapperCannotPerform;
    return {wire::rpc::write_map_answer(answer)};
  }
  answer.towers = find_towers(*endpoints.snapshot(), *request, own);
  answer.handle = take_part(answer.towers, *position, request->max_towers);
  if (answer.towers.empty()) answer.status = wire::rpc::kMapperNotRegistered;
  return {wire::rpc::write_map_answer(answer)};
}

Outcome answer_call(const Datagram& asked, const EndpointList& endpoints,
                    const wire::rpc::IpV4& own) {
  switch (static_cast<MapperCall>(asked.operation)) {
    case MapperCall::Insert:
    case MapperCall::Delete:
    case MapperCall::ManagementDelete:
      return {{}, wire::rpc::kFaultAccessDenied};
    case MapperCall::Lookup:
      return look_up(asked, endpoints, own);
    case MapperCall::Map:
      return map(asked, endpoints, own);
    case MapperCall::LookupHandleFree:
      return {wire::rpc::write_handle_free_answer(wire::rpc::kMapperOk)};
    case MapperCall::InquireObject:
      break;
  }
  return {{}, wire::rpc::kFaultOperationRange};
}

Bytes status_body(std::uint32_t status) {
  ByteWriter out(ByteOrder::Little);
  out.u32(status);
  return std::move(out).take();
}

}  // namespace

Bytes answer_datagram(ByteView datagram, const EndpointList& endpoints, const wire::rpc::IpV4& own,
                      std::uint32_t server_boot) {
  const auto asked = wire::rpc::read_datagram(datagram);
  // What need not be answered is what a forger would send.
  constexpr std::uint8_t kUnwanted =
      wire::rpc::kFragmented | wire::rpc::kMaybe | wire::rpc::kBroadcast;
  if (!asked || asked->authentication != 0 || (asked->flags & kUnwanted) != 0) return {};
  Datagram answer = *asked;
  answer.flags = wire::rpc::kNoFack;
  answer.server_boot = server_boot;
  answer.body = {};
  if (asked->type == DatagramType::Ping) {
    answer.type = DatagramType::NoCall;
    return wire::rpc::write_datagram(answer);
  }
  if (asked->type != DatagramType::Request) return {};
  Outcome outcome;
  if (asked->interface != wire::rpc::kEndpointMapper)
    outcome.fault = wire::rpc::kFaultUnknownInterface;
  else if (asked->server_boot != 0 && asked->server_boot != server_boot)
    outcome.fault = kWrongBootTime;
  const bool is_rejected = outcome.fault != 0;
  if (!is_rejected) outcome = answer_call(*asked, endpoints, own);
  answer.type = is_rejected          ? DatagramType::Reject
                : outcome.fault != 0 ? DatagramType::Fault
                                     : DatagramType::Response;
  const Bytes body = outcome.fault != 0 ? status_body(outcome.fault) : std::move(outcome.stub);
  answer.body = body;
  return wire::rpc::write_datagram(answer);
}

}  // namespace muster::transport
