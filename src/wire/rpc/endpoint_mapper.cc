#include "wire/rpc/endpoint_mapper.h"

#include "base/check.h"
#include "wire/errors.h"
#include "wire/rpc/ndr.h"

namespace muster::wire::rpc {
namespace {

constexpr std::uint32_t kMostTowers = 64;

Result<LookupHandle> read_handle(NdrReader& in) {
  LookupHandle out;
  out.attributes = TRY(in.u32());
  out.uuid = TRY(in.uuid());
  return out;
}

void write_handle(NdrWriter& out, const LookupHandle& handle) {
  out.u32(handle.attributes);
  out.uuid(handle.uuid);
}

// A twr_t: a conformant structure, so its size stands twice.
Result<Tower> read_twr(NdrReader& in) {
  const std::uint32_t room = TRY(in.u32());
  const std::uint32_t size = TRY(in.u32());
  if (room != size) return fail(kRpcSyntax, "a tower of {} bytes in room for {}", size, room);
  if (size > kTowerLimit)
    return fail(kRpcLimit, "a tower of {} bytes; {} is the most", size, kTowerLimit);
  return read_tower(TRY(in.bytes(size)));
}

void write_twr(NdrWriter& out, const Tower& tower) {
  const Bytes octets = write_tower(tower);
  const auto size = static_cast<std::uint32_t>(octets.size());
  out.u32(size);
  out.u32(size);
  out.bytes(octets);
}

Result<std::optional<Uuid>> read_object(NdrReader& in) {
  std::optional<Uuid> out;
  if (TRY(in.pointer())) out = TRY(in.uuid());
  return out;
}

// The head of a conformant and varying array that is filled from its start.
void write_array(NdrWriter& out, std::uint32_t room, std::size_t count) {
  out.u32(room);
  out.u32(0);
  out.u32(static_cast<std::uint32_t>(count));
}

// A string in a field of fixed room: where it starts, how long it is with its final zero.
void write_annotation(NdrWriter& out, std::string_view text) {
  MUSTER_CHECK(text.size() <= kAnnotationLimit);
  out.u32(0);
  out.u32(static_cast<std::uint32_t>(text.size() + 1));
  out.bytes(text);
  out.bytes(ByteView("\0", 1));
}

}  // namespace

Result<LookupRequest> read_lookup_request(ByteView stub, ByteOrder order) {
  NdrReader in(stub, order);
  LookupRequest out;
  out.inquiry = static_cast<Inquiry>(TRY(in.u32()));
  out.object = TRY(read_object(in));
  if (TRY(in.pointer())) {
    SyntaxId interface;
    interface.uuid = TRY(in.uuid());
    interface.major = TRY(in.u16());
    interface.minor = TRY(in.u16());
    out.interface = interface;
  }
  out.version_option = static_cast<VersionOption>(TRY(in.u32()));
  out.handle = TRY(read_handle(in));
  out.max_entries = TRY(in.u32());
  return out;
}

Bytes write_lookup_answer(const LookupAnswer& answer) {
  NdrWriter out;
  write_handle(out, answer.handle);
  out.u32(static_cast<std::uint32_t>(answer.entries.size()));
  write_array(out, answer.max_entries, answer.entries.size());
  for (const MapperEntry& entry : answer.entries) {
    out.uuid(entry.object);
    out.pointer();
    write_annotation(out, entry.annotation);
  }
  for (const MapperEntry& entry : answer.entries) write_twr(out, entry.tower);
  out.u32(answer.status);
  return std::move(out).take();
}

Result<MapRequest> read_map_request(ByteView stub, ByteOrder order) {
  NdrReader in(stub, order);
  MapRequest out;
  out.object = TRY(read_object(in));
  if (TRY(in.pointer())) out.tower = TRY(read_twr(in));
  out.handle = TRY(read_handle(in));
  out.max_towers = TRY(in.u32());
  return out;
}

Bytes write_map_request(const MapRequest& request) {
  NdrWriter out;
  if (request.object) {
    out.pointer();
    out.uuid(*request.object);
  } else {
    out.null_pointer();
  }
  if (request.tower) {
    out.pointer();
    write_twr(out, *request.tower);
  } else {
    out.null_pointer();
  }
  write_handle(out, request.handle);
  out.u32(request.max_towers);
  return std::move(out).take();
}

Result<MapAnswer> read_map_answer(ByteView stub, ByteOrder order) {
  NdrReader in(stub, order);
  MapAnswer out;
  out.handle = TRY(read_handle(in));
  const std::uint32_t towers = TRY(in.u32());
  out.max_towers = TRY(in.u32());
  const std::uint32_t offset = TRY(in.u32());
  const std::uint32_t count = TRY(in.u32());
  if (offset != 0 || count != towers) return fail(kRpcSyntax, "an array that has a gap");
  if (count > kMostTowers)
    return fail(kRpcLimit, "{} towers in one answer; {} are the most", count, kMostTowers);
  std::size_t present = 0;
  for (std::uint32_t i = 0; i < count; ++i)
    if (TRY(in.pointer())) ++present;
  out.towers.reserve(present);
  for (std::size_t i = 0; i < present; ++i) out.towers.push_back(TRY(read_twr(in)));
  out.status = TRY(in.u32());
  return out;
}

Bytes write_map_answer(const MapAnswer& answer) {
  NdrWriter out;
  write_handle(out, answer.handle);
  out.u32(static_cast<std::uint32_t>(answer.towers.size()));
  write_array(out, answer.max_towers, answer.towers.size());
  for (std::size_t i = 0; i < answer.towers.size(); ++i) out.pointer();
  for (const Tower& tower : answer.towers) write_twr(out, tower);
  out.u32(answer.status);
  return std::move(out).take();
}

Result<LookupHandle> read_handle_free_request(ByteView stub, ByteOrder order) {
  NdrReader in(stub, order);
  return read_handle(in);
}

Bytes write_handle_free_answer(std::uint32_t status) {
  NdrWriter out;
  write_handle(out, {});
  out.u32(status);
  return std::move(out).take();
}

}  // namespace muster::wire::rpc
