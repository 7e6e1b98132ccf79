// The calls of the endpoint mapper, as NDR stubs (C706 appendix O): what a client asks and what a
// mapper answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/rpc/tower.h"

namespace muster::wire::rpc {

inline constexpr SyntaxId kEndpointMapper{
    {0xe1af8308, 0x5d1f, 0x11c9, {0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa}}, 3, 0};

// The operation's number in a request.
enum class MapperCall : std::uint16_t {
  Insert = 0,
  Delete = 1,
  Lookup = 2,
  Map = 3,
  LookupHandleFree = 4,
  InquireObject = 5,
  ManagementDelete = 6,
};

// Statuses of answers (C706 appendix E).
inline constexpr std::uint32_t kMapperOk = 0;
inline constexpr std::uint32_t kMapperCannotPerform = 0x16c9a0cd;
inline constexpr std::uint32_t kMapperNotRegistered = 0x16c9a0d6;

// Where a client stands in a list that takes several calls; nil: at its start, or behind its end.
struct LookupHandle {
  std::uint32_t attributes = 0;
  Uuid uuid;
  bool is_nil() const { return attributes == 0 && uuid.is_nil(); }
  friend bool operator==(const LookupHandle&, const LookupHandle&) = default;
};

enum class Inquiry : std::uint32_t { All = 0, ByInterface = 1, ByObject = 2, ByBoth = 3 };
enum class VersionOption : std::uint32_t {
  All = 1,
  Compatible = 2,
  Exact = 3,
  MajorOnly = 4,
  Upto = 5
};

struct LookupRequest {
  Inquiry inquiry = Inquiry::All;  // may be a number that has no name, as may version_option
  std::optional<Uuid> object{};
  std::optional<SyntaxId> interface {};
  VersionOption version_option = VersionOption::All;
  LookupHandle handle{};
  std::uint32_t max_entries = 0;
};

struct MapperEntry {
  Uuid object{};
  Tower tower{};
  std::string annotation{};  // at most kAnnotationLimit bytes
};
inline constexpr std::size_t kAnnotationLimit = 63;

struct LookupAnswer {
  LookupHandle handle{};
  std::uint32_t max_entries = 0;  // of the request
  std::vector<MapperEntry> entries{};
  std::uint32_t status = kMapperOk;
};

struct MapRequest {
  std::optional<Uuid> object{};
  std::optional<Tower> tower{};
  LookupHandle handle{};
  std::uint32_t max_towers = 0;
};

struct MapAnswer {
  LookupHandle handle{};
  std::uint32_t max_towers = 0;  // of the request
  std::vector<Tower> towers{};
  std::uint32_t status = kMapperOk;
};

// Errors of all that read: kShortInput, kRpcSyntax, kRpcLimit.
Result<LookupRequest> read_lookup_request(ByteView stub, ByteOrder order);
Bytes write_lookup_answer(const LookupAnswer& answer);

Result<MapRequest> read_map_request(ByteView stub, ByteOrder order);
Bytes write_map_request(const MapRequest& request);
// At most 64 towers; those of other transports are among them.
Result<MapAnswer> read_map_answer(ByteView stub, ByteOrder order);
Bytes write_map_answer(const MapAnswer& answer);

Result<LookupHandle> read_handle_free_request(ByteView stub, ByteOrder order);
Bytes write_handle_free_answer(std::uint32_t status);

}  // namespace muster::wire::rpc
