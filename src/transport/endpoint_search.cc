#include "transport/endpoint_search.h"

namespace muster::transport {
namespace {

using wire::rpc::Inquiry;
using wire::rpc::LookupRequest;
using wire::rpc::MapperEntry;
using wire::rpc::SyntaxId;
using wire::rpc::Tower;
using wire::rpc::VersionOption;

Tower tower_of(const Endpoint& endpoint, const wire::rpc::IpV4& own) {
  Tower out;
  out.interface = endpoint.interface;
  out.tcp_port = endpoint.port;
  out.address = endpoint.address == wire::rpc::IpV4{} ? own : endpoint.address;
  return out;
}

// The same major version, and at least the minor one that was asked for.
bool is_compatible(const SyntaxId& have, const SyntaxId& want) {
  return have.uuid == want.uuid && have.major == want.major && have.minor >= want.minor;
}

bool matches_version(const SyntaxId& have, const SyntaxId& want, VersionOption option) {
  if (have.uuid != want.uuid) return false;
  switch (option) {
    case VersionOption::All:
      return true;
    case VersionOption::Compatible:
      return is_compatible(have, want);
    case VersionOption::Exact:
      return have == want;
    case VersionOption::MajorOnly:
      return have.major == want.major;
    case VersionOption::Upto:
      return have.major < want.major || (have.major == want.major && have.minor <= want.minor);
  }
  return false;
}

bool asks_interface(const LookupRequest& request) {
  return request.inquiry == Inquiry::ByInterface || request.inquiry == Inquiry::ByBoth;
}

bool asks_object(const LookupRequest& request) {
  return request.inquiry == Inquiry::ByObject || request.inquiry == Inquiry::ByBoth;
}

bool matches(const Endpoint& endpoint, const LookupRequest& request) {
  // No endpoint here has an object.
  if (asks_object(request) && request.object && !request.object->is_nil()) return false;
  if (!asks_interface(request)) return true;
  return request.interface &&
         matches_version(endpoint.interface, *request.interface, request.version_option);
}

}  // namespace

bool is_known_inquiry(const LookupRequest& request) {
  if (request.inquiry > Inquiry::ByBoth) return false;
  if (!asks_interface(request)) return true;
  return request.version_option >= VersionOption::All &&
         request.version_option <= VersionOption::Upto;
}

std::vector<MapperEntry> find_entries(std::span<const Endpoint> endpoints,
                                      const LookupRequest& request, const wire::rpc::IpV4& own) {
  std::vector<MapperEntry> out;
  out.reserve(endpoints.size());
  for (const Endpoint& each : endpoints)
    if (is_known_inquiry(request) && matches(each, request))
      out.push_back({{}, tower_of(each, own), each.annotation});
  return out;
}

std::vector<Tower> find_towers(std::span<const Endpoint> endpoints,
                               const wire::rpc::MapRequest& request, const wire::rpc::IpV4& own) {
  std::vector<Tower> out;
  const bool is_ours =
      request.tower && request.tower->is_tcp() && request.tower->transfer == wire::rpc::kNdr;
  if (!is_ours) return out;
  out.reserve(endpoints.size());
  for (const Endpoint& each : endpoints)
    if (is_compatible(each.interface, request.tower->interface)) out.push_back(tower_of(each, own));
  return out;
}

}  // namespace muster::transport
