// The packets of connection-oriented DCE/RPC, version 5 (C706 12.6, [MS-RPCE] 2.2.2): their common
// header, requests, responses and faults. What is written is little endian.
#pragma once

#include <cstdint>
#include <optional>

#include "wire/rpc/uuid.h"

namespace muster::wire::rpc {

// C706 12.6.1. Others exist only in the connectionless form.
enum class PduType : std::uint8_t {
  Request = 0,
  Response = 2,
  Fault = 3,
  Bind = 11,
  BindAck = 12,
  BindNak = 13,
  AlterContext = 14,
  AlterContextResponse = 15,
  Auth3 = 16,
  Shutdown = 17,
  CoCancel = 18,
  Orphaned = 19,
};

inline constexpr std::size_t kPduHeaderSize = 16;
// What every implementation must be able to take as one fragment (C706 12.6.3.1).
inline constexpr std::uint16_t kLeastFragment = 1432;

inline constexpr std::uint8_t kFirstFragment = 0x01;
inline constexpr std::uint8_t kLastFragment = 0x02;
inline constexpr std::uint8_t kDidNotExecute = 0x20;
inline constexpr std::uint8_t kHasObject = 0x80;

struct PduHeader {
  std::uint8_t version = 5;
  PduType type = PduType::Request;  // may be a number that has no name
  std::uint8_t flags = 0;
  ByteOrder order = ByteOrder::Little;
  std::uint16_t fragment_size = 0;  // of the whole packet, this header included
  std::uint16_t auth_size = 0;
  std::uint32_t call_id = 0;
};

// Of the first kPduHeaderSize bytes. The version is not judged. Errors: kShortInput; kRpcSyntax for
// a fragment smaller than its header and for an unknown byte order.
Result<PduHeader> read_pdu_header(ByteView bytes);

// The statuses of fault packets that are sent here (C706 appendix E, [MS-RPCE] 3.1.1.5.5).
inline constexpr std::uint32_t kFaultAccessDenied = 0x00000005;
inline constexpr std::uint32_t kFaultNdr = 0x000006f7;
inline constexpr std::uint32_t kFaultOperationRange = 0x1c010002;
inline constexpr std::uint32_t kFaultUnknownInterface = 0x1c010003;
inline constexpr std::uint32_t kFaultProtocol = 0x1c01000b;
inline constexpr std::uint32_t kFaultContextMismatch = 0x1c00001a;

// One packet of a call: a request, or a response (whose `operation` is 0).
struct Fragment {
  PduHeader header;
  std::uint16_t context = 0;
  std::uint16_t operation = 0;
  std::optional<Uuid> object{};
  ByteView stub{};  // into the packet
};

// Of one whole packet of type Request or Response without authentication, whose size is that of its
// header. Errors: kShortInput, kRpcSyntax.
Result<Fragment> read_fragment(ByteView packet);

struct Fault {
  std::uint32_t call_id = 0;
  std::uint16_t context = 0;
  std::uint32_t status = 0;
};
// Errors: kShortInput, kRpcSyntax.
Result<Fault> read_fault(ByteView packet);
Bytes write_fault(const Fault& fault);

// A whole request in one packet. The stub has at most 60 KiB (MUSTER_CHECK).
Bytes write_request(std::uint32_t call_id, std::uint16_t context, std::uint16_t operation,
                    ByteView stub);
// A whole response in as many packets of at most `most_bytes` as it takes.
Bytes write_response(std::uint32_t call_id, std::uint16_t context, ByteView stub,
                     std::uint16_t most_bytes);

// A header whose size is filled in by finish_pdu().
void start_pdu(ByteWriter& out, PduType type, std::uint8_t flags, std::uint32_t call_id);
// At most 65,535 bytes (MUSTER_CHECK).
Bytes finish_pdu(ByteWriter out);

}  // namespace muster::wire::rpc
