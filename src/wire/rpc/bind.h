// How a DCE/RPC client and server agree on interfaces and transfer syntaxes: bind, its answers and
// alter_context (C706 12.6.4.3 to 12.6.4.5, [MS-RPCE] 3.3.1.5.3).
#pragma once

#include <string>
#include <vector>

#include "wire/rpc/pdu.h"

namespace muster::wire::rpc {

struct PresentationContext {
  std::uint16_t id = 0;
  SyntaxId interface;
  std::vector<SyntaxId> transfer{};
};

// A bind or an alter_context.
struct Bind {
  std::uint16_t max_transmit = 0;  // bytes of a fragment
  std::uint16_t max_receive = 0;
  std::uint32_t group = 0;  // of associations; 0 asks for a new one
  std::vector<PresentationContext> contexts{};
};

// Of one whole packet. Errors: kShortInput, kRpcSyntax.
Result<Bind> read_bind(ByteView packet);
Bytes write_bind(std::uint32_t call_id, const Bind& bind);

enum class ContextOutcome : std::uint16_t {
  Accepted = 0,
  UserRejected = 1,
  ProviderRejected = 2,
  NegotiateAck = 3,  // to a feature negotiation; the reason is the set of features
};

inline constexpr std::uint16_t kUnknownAbstractSyntax = 1;
inline constexpr std::uint16_t kUnknownTransferSyntax = 2;
inline constexpr std::uint16_t kLocalLimit = 3;

struct ContextResult {
  ContextOutcome outcome = ContextOutcome::Accepted;
  std::uint16_t reason = 0;
  SyntaxId transfer{};  // of what is accepted
};

// A bind_ack or an alter_context_response.
struct BindAck {
  std::uint16_t max_transmit = 0;
  std::uint16_t max_receive = 0;
  std::uint32_t group = 0;
  std::string secondary_address{};  // the server's port; empty in an alter_context_response
  std::vector<ContextResult> results{};
};

// Errors: kShortInput, kRpcSyntax.
Result<BindAck> read_bind_ack(ByteView packet);
Bytes write_bind_ack(PduType type, std::uint32_t call_id, const BindAck& ack);

inline constexpr std::uint16_t kNakUnspecified = 0;
inline constexpr std::uint16_t kNakVersion = 4;
inline constexpr std::uint16_t kNakAuthentication = 8;

Bytes write_bind_nak(std::uint32_t call_id, std::uint16_t reason);

// Whether a transfer syntax is the question which features the server has: its UUID holds the
// client's own in its last eight bytes.
bool is_feature_negotiation(const SyntaxId& transfer);

}  // namespace muster::wire::rpc
