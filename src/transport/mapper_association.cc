#include "transport/mapper_association.h"

#include <algorithm>

#include "transport/endpoint_search.h"

namespace muster::transport {

using wire::rpc::ContextOutcome;
using wire::rpc::ContextResult;
using wire::rpc::LookupHandle;
using wire::rpc::PduHeader;
using wire::rpc::PduType;
using wire::rpc::WholeCall;

MapperAssociation::MapperAssociation(const EndpointList& endpoints, Random& random, Own own,
                                     AssociationLimits limits)
    : endpoints_(&endpoints),
      random_(&random),
      own_(own),
      limits_(limits),
      assembly_(limits.call_bytes) {}

bool MapperAssociation::receive(ByteView bytes, Bytes& answer) {
  input_ += bytes;
  ByteView rest = input_;
  while (rest.size() >= wire::rpc::kPduHeaderSize) {
    const auto header = wire::rpc::read_pdu_header(rest);
    if (!header || header->fragment_size > limits_.fragment_bytes) return false;
    if (header->version != 5)
      return header->type == PduType::Bind
                 ? refuse_bind(header->call_id, wire::rpc::kNakVersion, answer)
                 : false;
    if (rest.size() < header->fragment_size) break;
    if (!take_packet(rest.substr(0, header->fragment_size), *header, answer)) return false;
    rest.remove_prefix(header->fragment_size);
  }
  input_.erase(0, input_.size() - rest.size());
  return true;
}

bool MapperAssociation::take_packet(ByteView packet, const PduHeader& header, Bytes& answer) {
  switch (header.type) {
    case PduType::Bind:
      if (header.auth_size != 0)
        return refuse_bind(header.call_id, wire::rpc::kNakAuthentication, answer);
      if (is_bound_) return refuse_bind(header.call_id, wire::rpc::kNakUnspecified, answer);
      return bind(packet, header, answer);
    case PduType::AlterContext:
      return is_bound_ && header.auth_size == 0 && bind(packet, header, answer);
    case PduType::Request:
      return is_bound_ && take_fragment(packet, answer);
    case PduType::Orphaned:
      assembly_.abandon(header.call_id);
      return true;
    case PduType::CoCancel:  // a call is over before its cancel can come
    case PduType::Shutdown:
      return true;
    default:
      return false;
  }
}

bool MapperAssociation::refuse_bind(std::uint32_t call_id, std::uint16_t reason, Bytes& answer) {
  answer += wire::rpc::write_bind_nak(call_id, reason);
  return false;
}

bool MapperAssociation::bind(ByteView packet, const PduHeader& header, Bytes& answer) {
  const auto asked = wire::rpc::read_bind(packet);
  if (!asked) return refuse_bind(header.call_id, wire::rpc::kNakUnspecified, answer);
  const bool is_first = !is_bound_;
  if (is_first) {
    is_bound_ = true;
    max_transmit_ = std::clamp(asked->max_receive, wire::rpc::kLeastFragment,
                               std::max(limits_.fragment_bytes, wire::rpc::kLeastFragment));
    // Nobody shares handles over several connections, so a group is a number only.
    group_ = asked->group != 0 ? asked->group : static_cast<std::uint32_t>(random_->u64() | 1);
  }
  wire::rpc::BindAck ack;
  ack.max_transmit = max_transmit_;
  ack.max_receive = limits_.fragment_bytes;
  ack.group = group_;
  if (is_first) ack.secondary_address = std::to_string(own_.port);
  ack.results.reserve(asked->contexts.size());
  for (const auto& context : asked->contexts) ack.results.push_back(judge(context));
  const auto type = is_first ? PduType::BindAck : PduType::AlterContextResponse;
  answer += wire::rpc::write_bind_ack(type, header.call_id, ack);
  return true;
}

ContextResult MapperAssociation::judge(const wire::rpc::PresentationContext& context) {
  const auto rejected = [](std::uint16_t reason) {
    return ContextResult{ContextOutcome::ProviderRejected, reason, {}};
  };
  // None of the features is there; a client that hears so goes on without.
  if (context.transfer.size() == 1 && wire::rpc::is_feature_negotiation(context.transfer[0]))
    return {ContextOutcome::NegotiateAck, 0, {}};
  if (context.interface != wire::rpc::kEndpointMapper)
    return rejected(wire::rpc::kUnknownAbstractSyntax);
  if (std::ranges::find(context.transfer, wire::rpc::kNdr) == context.transfer.end())
    return rejected(wire::rpc::kUnknownTransferSyntax);
  if (contexts_.size() >= limits_.contexts && !contexts_.contains(context.id))
    return rejected(wire::rpc::kLocalLimit);
  contexts_.insert(context.id);
  return {ContextOutcome::Accepted, 0, wire::rpc::kNdr};
}

bool MapperAssociation::take_fragment(ByteView packet, Bytes& answer) {
  const auto fragment = wire::rpc::read_fragment(packet);
  if (!fragment) return false;
  const auto call = assembly_.add(*fragment);
  if (!call) {
    answer += wire::rpc::write_fault(
        {fragment->header.call_id, fragment->context, wire::rpc::kFaultProtocol});
    return false;
  }
  if (*call) answer_call(**call, answer);
  return true;
}

void MapperAssociation::answer_call(const WholeCall& call, Bytes& answer) {
  Outcome outcome{std::nullopt, wire::rpc::kFaultOperationRange};
  if (!contexts_.contains(call.context)) {
    outcome.fault = wire::rpc::kFaultUnknownInterface;
  } else {
    switch (static_cast<wire::rpc::MapperCall>(call.operation)) {
      // Roles of this host register; nobody registers from outside.
      case wire::rpc::MapperCall::Insert:
      case wire::rpc::MapperCall::Delete:
      case wire::rpc::MapperCall::ManagementDelete:
        outcome.fault = wire::rpc::kFaultAccessDenied;
        break;
      case wire::rpc::MapperCall::Lookup:
        outcome = look_up(call);
        break;
      case wire::rpc::MapperCall::Map:
        outcome = map(call);
        break;
      case wire::rpc::MapperCall::LookupHandleFree:
        outcome = free_handle(call);
        break;
      case wire::rpc::MapperCall::InquireObject:
        break;
    }
  }
  const std::uint32_t id = call.header.call_id;
  if (outcome.stub)
    answer += wire::rpc::write_response(id, call.context, *outcome.stub, max_transmit_);
  else
    answer += wire::rpc::write_fault({id, call.context, outcome.fault});
}

template <typename Item>
auto MapperAssociation::part_of(KeptLists<Item>& lists, Kept<Item> kept, std::size_t most)
    -> Part<Item> {
  Part<Item> out;
  const std::size_t count = std::min(most, kept.items.size() - kept.next);
  const auto from = kept.items.begin() + static_cast<std::ptrdiff_t>(kept.next);
  out.items.assign(from, from + static_cast<std::ptrdiff_t>(count));
  kept.next += count;
  // A full part may be the last one. Only a part that is not full says so: clients that ask for one
  // entry at a time go on until they are told that there is none.
  if (count < most) return out;
  out.handle = kept.handle;
  lists.push_back(std::move(kept));
  if (lists.size() > limits_.handles) lists.pop_front();
  return out;
}

template <typename Item>
auto MapperAssociation::first_part(KeptLists<Item>& lists, std::vector<Item> items,
                                   std::size_t most) -> Part<Item> {
  Kept<Item> kept;
  const Bytes number = random_->bytes(wire::rpc::kUuidSize);
  ByteReader in(number);
  kept.handle.uuid = wire::rpc::read_uuid(in).value();
  kept.items = std::move(items);
  return part_of(lists, std::move(kept), most);
}

template <typename Item>
auto MapperAssociation::next_part(KeptLists<Item>& lists, const LookupHandle& handle,
                                  std::size_t most) -> std::optional<Part<Item>> {
  const auto found = std::ranges::find(lists, handle, &Kept<Item>::handle);
  if (found == lists.end()) return std::nullopt;
  Kept<Item> kept = std::move(*found);
  lists.erase(found);
  return part_of(lists, std::move(kept), most);
}

MapperAssociation::Outcome MapperAssociation::look_up(const WholeCall& call) {
  const auto request = wire::rpc::read_lookup_request(call.stub, call.header.order);
  if (!request) return {std::nullopt, wire::rpc::kFaultNdr};
  wire::rpc::LookupAnswer answer;
  answer.max_entries = request->max_entries;
  const std::size_t most = std::min<std::size_t>(request->max_entries, limits_.answer_entries);
  std::optional<Part<wire::rpc::MapperEntry>> part;
  if (most == 0 || !is_known_inquiry(*request)) {
    answer.status = wire::rpc::kMapperCannotPerform;
    return {wire::rpc::write_lookup_answer(answer), 0};
  }
  if (request->handle.is_nil())
    part =
        first_part(lookups_, find_entries(*endpoints_->snapshot(), *request, own_.address), most);
  else
    part = next_part(lookups_, request->handle, most);
  if (!part) return {std::nullopt, wire::rpc::kFaultContextMismatch};
  answer.handle = part->handle;
  answer.entries = std::move(part->items);
  if (answer.entries.empty()) answer.status = wire::rpc::kMapperNotRegistered;
  return {wire::rpc::write_lookup_answer(answer), 0};
}

MapperAssociation::Outcome MapperAssociation::map(const WholeCall& call) {
  const auto request = wire::rpc::read_map_request(call.stub, call.header.order);
  if (!request) return {std::nullopt, wire::rpc::kFaultNdr};
  wire::rpc::MapAnswer answer;
  answer.max_towers = request->max_towers;
  const std::size_t most = std::min<std::size_t>(request->max_towers, limits_.answer_entries);
  if (most == 0) {
    answer.status = wire::rpc::kMapperCannotPerform;
    return {wire::rpc::write_map_answer(answer), 0};
  }
  std::optional<Part<wire::rpc::Tower>> part;
  if (request->handle.is_nil())
    part = first_part(maps_, find_towers(*endpoints_->snapshot(), *request, own_.address), most);
  else
    part = next_part(maps_, request->handle, most);
  if (!part) return {std::nullopt, wire::rpc::kFaultContextMismatch};
  answer.handle = part->handle;
  answer.towers = std::move(part->items);
  if (answer.towers.empty()) answer.status = wire::rpc::kMapperNotRegistered;
  return {wire::rpc::write_map_answer(answer), 0};
}

MapperAssociation::Outcome MapperAssociation::free_handle(const WholeCall& call) {
  const auto handle = wire::rpc::read_handle_free_request(call.stub, call.header.order);
  if (!handle) return {std::nullopt, wire::rpc::kFaultNdr};
  const auto is_it = [&](const auto& kept) { return kept.handle == *handle; };
  if (!handle->is_nil() && std::erase_if(lookups_, is_it) + std::erase_if(maps_, is_it) == 0)
    return {std::nullopt, wire::rpc::kFaultContextMismatch};
  return {wire::rpc::write_handle_free_answer(wire::rpc::kMapperOk), 0};
}

}  // namespace muster::transport
