#include "transport/mapper_query.h"

#include <algorithm>

#include "base/error_ranges.h"
#include "net/blocking_stream.h"
#include "net/errors.h"
#include "net/url.h"
#include "transport/errors.h"
#include "wire/rpc/bind.h"
#include "wire/rpc/call_assembly.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::transport {
namespace {

constexpr std::string_view kScheme = "rpc://";
constexpr std::uint16_t kFragmentBytes = 5840;
constexpr std::size_t kAnswerBytes = 64u << 10;
constexpr std::uint16_t kContext = 0;
constexpr std::uint32_t kTowers = 4;  // all after the first are other ways to the same interface

class MapperConnection {
 public:
  MapperConnection(os::Fd fd, const net::Deadline& deadline)
      : stream_(std::move(fd)), deadline_(deadline) {}

  Result<void> send(ByteView packet) { return stream_.write(packet, input_, deadline_); }

  // The next packet of call `call_id`, which no other call precedes.
  Result<Bytes> receive(std::uint32_t call_id) {
    TRY(fill(wire::rpc::kPduHeaderSize));
    const auto header = TRY(wire::rpc::read_pdu_header(input_));
    if (header.version != 5 || header.call_id != call_id || header.fragment_size > kFragmentBytes)
      return fail(kMapperAnswer, "a packet of version {}, call {} and {} bytes", header.version,
                  header.call_id, header.fragment_size);
    TRY(fill(header.fragment_size));
    Bytes packet = input_.substr(0, header.fragment_size);
    input_.erase(0, packet.size());
    return packet;
  }

 private:
  Result<void> fill(std::size_t size) {
    char part[4096];
    while (input_.size() < size) {
      const std::size_t got = TRY(stream_.read(part, sizeof part, deadline_));
      if (got == 0) return fail(kMapperAnswer, "the connection ended before the answer");
      input_.append(part, got);
    }
    return {};
  }

  net::BlockingStream stream_;
  const net::Deadline& deadline_;
  Bytes input_;
};

Result<void> bind(MapperConnection& connection) {
  wire::rpc::Bind request;
  request.max_transmit = request.max_receive = kFragmentBytes;
  request.contexts.push_back({kContext, wire::rpc::kEndpointMapper, {wire::rpc::kNdr}});
  TRY(connection.send(wire::rpc::write_bind(1, request)));
  const auto ack = wire::rpc::read_bind_ack(TRY(connection.receive(1)));
  if (!ack) return fail(kMapperAnswer, "{}", ack.error().detail());
  if (ack->results.size() != 1 || ack->results[0].outcome != wire::rpc::ContextOutcome::Accepted)
    return fail(kMapperAnswer, "the bind was rejected");
  return {};
}

Result<wire::rpc::WholeCall> response(MapperConnection& connection, std::uint32_t call_id) {
  wire::rpc::CallAssembly assembly(kAnswerBytes);
  for (;;) {
    const Bytes packet = TRY(connection.receive(call_id));
    if (const auto fault = wire::rpc::read_fault(packet))
      return fail(kMapperAnswer, "fault {:#010x}", fault->status);
    const auto fragment = TRY(wire::rpc::read_fragment(packet));
    if (auto whole = TRY(assembly.add(fragment))) return *std::move(whole);
  }
}

Result<wire::rpc::MapAnswer> map(MapperConnection& connection, const WantedInterface& wanted) {
  wire::rpc::MapRequest request;
  request.tower.emplace();
  request.tower->interface = wanted.id;
  request.max_towers = kTowers;
  const auto operation = static_cast<std::uint16_t>(wire::rpc::MapperCall::Map);
  TRY(connection.send(
      wire::rpc::write_request(2, kContext, operation, wire::rpc::write_map_request(request))));
  const auto call = TRY(response(connection, 2));
  return wire::rpc::read_map_answer(call.stub, call.header.order);
}

// Where the mapper sends us; nothing for other ways than TCP.
std::optional<HostPort> target_of(const wire::rpc::Tower& tower, const HostPort& mapper,
                                  const std::string& mapper_address) {
  if (!tower.is_tcp() || tower.tcp_port == 0) return std::nullopt;
  const auto& ip = tower.address;
  const std::string told = fmt::format("{}.{}.{}.{}", ip[0], ip[1], ip[2], ip[3]);
  const bool same = ip == wire::rpc::IpV4{} || told == mapper_address;
  return HostPort{same ? mapper.host : told, tower.tcp_port};
}

}  // namespace

bool is_mapper_url(std::string_view text) { return text.starts_with(kScheme); }

Result<HostPort> parse_mapper_url(std::string_view text, std::uint16_t usual_port) {
  const std::string_view rest = text.substr(std::min(text.size(), kScheme.size()));
  const auto url = net::parse_url(fmt::format("https://{}", rest));
  if (!is_mapper_url(text) || !url || url->target != "/")
    return fail(net::kBadUrl, "{}: no rpc://HOST[:PORT]", text);
  // Behind the brackets of an IPv6 address only a port has a colon.
  const std::size_t host_end = rest.find(']');
  const bool has_port = rest.find(':', host_end == rest.npos ? 0 : host_end) != rest.npos;
  return HostPort{url->host, has_port ? url->port : usual_port};
}

Result<HostPort> ask_mapper(const HostPort& mapper, const WantedInterface& wanted, Duration time,
                            const Clock& clock, const std::atomic<bool>* stop) {
  const net::Deadline deadline(clock, time, time, stop);
  auto fd = TRY(net::connect_tcp(mapper.host, mapper.port, deadline));
  const std::string address = net::peer_of(fd).text();
  MapperConnection connection(std::move(fd), deadline);
  const auto asked = [&]() -> Result<wire::rpc::MapAnswer> {
    TRY(bind(connection));
    return map(connection, wanted);
  }();
  const std::string where = fmt::format("{}:{}", mapper.host, mapper.port);
  if (!asked) {
    if (kNetErrors.holds(asked.error().kind())) return fail(Error(asked.error()).in(where));
    // What is malformed is the same to a caller as what is refused.
    return fail(kMapperAnswer, "{}: {}", where, asked.error().detail());
  }
  for (const auto& tower : asked->towers)
    if (auto target = target_of(tower, mapper, address)) return *std::move(target);
  if (asked->status != wire::rpc::kMapperOk && asked->status != wire::rpc::kMapperNotRegistered)
    return fail(kMapperAnswer, "{}: status {:#010x}", where, asked->status);
  return fail(kNotRegistered, "{}: {} ({})", where, wanted.name, to_text(wanted.id));
}

}  // namespace muster::transport
