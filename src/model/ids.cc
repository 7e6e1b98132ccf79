#include "model/ids.h"

#include <algorithm>

#include "model/errors.h"

namespace muster::model {
namespace {

bool is_upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

Result<SiteCode> SiteCode::parse(std::string_view text) {
  if (text.size() != 3 || !std::ranges::all_of(text, is_upper_or_digit))
    return fail(kBadId, "site code '{}': three of A-Z and 0-9 are wanted", text.substr(0, 20));
  return SiteCode(text);
}

DeviceId DeviceId::make(Random& random) { return DeviceId(random.bytes(16)); }

Result<DeviceId> DeviceId::parse(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != 16)
    return fail(kBadId, "device id '{}': 32 lower-case hex digits are wanted", text.substr(0, 40));
  return DeviceId(*bytes);
}

Result<DeviceId> DeviceId::from_bytes(ByteView bytes) {
  if (bytes.size() != 16) return fail(kBadId, "device id of {} bytes instead of 16", bytes.size());
  return DeviceId(Bytes(bytes));
}

ObjectId ObjectId::make(const SiteCode& site, std::uint32_t counter) {
  return ObjectId(fmt::format("{}-{:06X}", site.text(), counter));
}

Result<ObjectId> ObjectId::parse(std::string_view text) {
  const auto bad = [&] { return fail(kBadId, "object id '{}'", text.substr(0, 20)); };
  if (text.size() < 10 || text.size() > 12 || text[3] != '-') return bad();
  if (!SiteCode::parse(text.substr(0, 3))) return bad();
  for (char c : text.substr(4))
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'))) return bad();
  return ObjectId(std::string(text));
}

Result<void> check_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= 63 && is_lower_or_digit(name[0]) &&
                    std::ranges::all_of(
                        name, [](char c) { return is_lower_or_digit(c) || c == '-' || c == '.'; });
  if (!good) return fail(kBadName, "'{}'", name.substr(0, 80));
  return {};
}

}  // namespace muster::model
