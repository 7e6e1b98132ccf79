// One connection to the endpoint mapper: a state machine over its bytes, without a socket.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "base/random.h"
#include "transport/endpoint_list.h"
#include "wire/rpc/bind.h"
#include "wire/rpc/call_assembly.h"
#include "wire/rpc/endpoint_mapper.h"

namespace muster::transport {

// Every buffer and table of a connection.
struct AssociationLimits {
  std::uint16_t fragment_bytes = 5840;
  std::size_t call_bytes = 32u << 10;  // of all fragments of a request
  std::size_t contexts = 8;
  // Lists of which a client has had a part; the one that was asked least lately goes first.
  std::size_t handles = 8;
  // Entries or towers of one answer, whatever a client has room for.
  std::size_t answer_entries = 64;
};

class MapperAssociation {
 public:
  // The mapper's end of the connection.
  struct Own {
    wire::rpc::IpV4 address{};  // all zero where it is not of IPv4
    std::uint16_t port = 0;
  };

  // `endpoints` and `random` outlive the object.
  MapperAssociation(const EndpointList& endpoints, Random& random, Own own,
                    AssociationLimits limits = {});

  // Appends to `answer` what is to be sent. False: the connection ends when that is sent, and
  // nothing is received any more.
  [[nodiscard]] bool receive(ByteView bytes, Bytes& answer);

 private:
  // The rest of a list under a handle.
  template <typename Item>
  struct Kept {
    wire::rpc::LookupHandle handle;
    std::vector<Item> items;
    std::size_t next = 0;
  };
  template <typename Item>
  using KeptLists = std::deque<Kept<Item>>;
  template <typename Item>
  struct Part {
    wire::rpc::LookupHandle handle;
    std::vector<Item> items;
  };

  bool take_packet(ByteView packet, const wire::rpc::PduHeader& header, Bytes& answer);
  bool refuse_bind(std::uint32_t call_id, std::uint16_t reason, Bytes& answer);
  bool bind(ByteView packet, const wire::rpc::PduHeader& header, Bytes& answer);
  wire::rpc::ContextResult judge(const wire::rpc::PresentationContext& context);
  bool take_fragment(ByteView packet, Bytes& answer);
  void answer_call(const wire::rpc::WholeCall& call, Bytes& answer);
  // The stub of the answer, or the status of a fault.
  struct Outcome {
    std::optional<Bytes> stub;
    std::uint32_t fault = 0;
  };
  Outcome look_up(const wire::rpc::WholeCall& call);
  Outcome map(const wire::rpc::WholeCall& call);
  Outcome free_handle(const wire::rpc::WholeCall& call);

  template <typename Item>
  Part<Item> first_part(KeptLists<Item>& lists, std::vector<Item> items, std::size_t most);
  // Nothing for a handle that is not known here, or no more.
  template <typename Item>
  std::optional<Part<Item>> next_part(KeptLists<Item>& lists, const wire::rpc::LookupHandle& handle,
                                      std::size_t most);
  template <typename Item>
  Part<Item> part_of(KeptLists<Item>& lists, Kept<Item> kept, std::size_t most);

  const EndpointList* endpoints_;
  Random* random_;
  Own own_;
  AssociationLimits limits_;
  Bytes input_;
  bool is_bound_ = false;
  std::uint16_t max_transmit_ = wire::rpc::kLeastFragment;
  std::uint32_t group_ = 0;
  std::set<std::uint16_t> contexts_;  // those that are accepted
  wire::rpc::CallAssembly assembly_;
  KeptLists<wire::rpc::MapperEntry> lookups_;
  KeptLists<wire::rpc::Tower> maps_;
};

}  // namespace muster::transport
