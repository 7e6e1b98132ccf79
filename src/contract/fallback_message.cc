#include "contract/fallback_message.h"

#include <algorithm>
#include <array>

#include "contract/document_errors.h"
#include "contract/fields.h"
#include "model/client_states.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kLongestName = 63;
constexpr unsigned kHighestCause = 9999;
constexpr std::array<std::string_view, 9> kMembers = {"format", "id",    "client", "name", "at",
                                                      "topic",  "state", "cause",  "site"};

// Letters, digits and three signs: nothing that steers a terminal, a query or a page.
bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<unsigned> small_number(const wire::Json& json, std::string_view key) {
  const std::uint64_t value = TRY(number_field(json, key));
  if (value > kHighestCause)
    return fail(kBadMember, "{}: {} is over {}", key, value, kHighestCause);
  return static_cast<unsigned>(value);
}

}  // namespace

Bytes encode_fallback_message(const FallbackMessage& message) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("id").string(to_hex(message.id));
  w.key("client").string(message.client.text());
  w.key("name").string(message.name);
  w.key("at").string(to_text(message.at));
  w.key("topic").number(message.topic);
  w.key("state").number(message.state);
  w.key("cause").number(message.cause);
  if (message.site) w.key("site").string(message.site->text());
  w.end();
  return std::move(w).take();
}

Result<FallbackMessage> decode_fallback_message(ByteView text) {
  const auto document =
      TRY(wire::JsonDocument::parse(text, {.bytes = kFallbackMessageLimit, .depth = 2}));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  for (const auto& [key, value] : TRY(json.members()))
    if (std::ranges::find(kMembers, key) == kMembers.end())
      return fail(kBadMember, "'{}' is unknown", key.substr(0, 40));
  const auto id = from_hex(TRY(text_field(json, "id")));
  if (!id || id->size() != kIdBytes)
    return fail(kBadMember, "id: {} bytes in lower-case hex are wanted", kIdBytes);
  const auto client = TRY(device_field(json, "client"));
  FallbackMessage message{*id, client};
  message.name = TRY(text_field(json, "name"));
  if (!is_host_name(message.name)) return fail(kBadMember, "name is no host name");
  message.at = TRY(time_field(json, "at"));
  message.topic = TRY(small_number(json, "topic"));
  message.state = TRY(small_number(json, "state"));
  if (model::client_state_meaning(message.topic, message.state).empty())
    return fail(kBadMember, "there is no state {} of topic {}", message.state, message.topic);
  message.cause = TRY(small_number(json, "cause"));
  if (TRY(json.find("site"))) message.site = TRY(site_field(json, "site"));
  return message;
}

}  // namespace muster::contract
