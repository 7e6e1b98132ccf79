// Puts the fragments of a DCE/RPC call together, up to a limit.
#pragma once

#include <optional>

#include "wire/rpc/pdu.h"

namespace muster::wire::rpc {

struct WholeCall {
  PduHeader header;  // of the first fragment
  std::uint16_t context = 0;
  std::uint16_t operation = 0;
  std::optional<Uuid> object{};
  Bytes stub{};
};

// One call at a time: nobody here offers concurrent multiplexing.
class CallAssembly {
 public:
  explicit CallAssembly(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // The call when this was its last fragment. Errors, after which nothing is under way: kRpcSyntax
  // for a fragment out of turn or of another call, kRpcLimit.
  Result<std::optional<WholeCall>> add(const Fragment& fragment);
  // Forgets the call if it is this one.
  void abandon(std::uint32_t call_id);

 private:
  std::size_t limit_bytes_;
  std::optional<WholeCall> begun_{};
};

}  // namespace muster::wire::rpc
