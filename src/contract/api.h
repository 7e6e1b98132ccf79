// What the provider's interface answers with, and how its lists read as tables. The requests and
// answers are described by api/openapi.yaml.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/agent_settings.h"
#include "model/inventory.h"
#include "topology/render.h"
#include "wire/json.h"
#include "wire/node.h"

namespace muster::contract {

struct DeviceView {
  std::string name;
  std::string id;
  std::string site;
  std::string state;
  Timestamp enrolled;
  std::optional<Timestamp> last_seen;
  std::optional<Timestamp> inventory_at;
  std::int64_t inventory_rows = 0;
  std::string client_version;
  std::string operating_system;
  std::optional<std::string> approved_by;
  // Of a device that waits for approval, to compare with what `muster-client status` prints there.
  std::string waiting_key{};
  std::string waiting_address{};
  // While it has a request with its management point that waits for a nudge.
  std::optional<Timestamp> connected_since{};
  std::optional<Timestamp> last_contact{};  // a message, a poll or that request
  // Of the last cycles that somebody asked it for: when, whether they wait, when it took them.
  std::optional<Timestamp> triggered{};
  std::optional<Timestamp> trigger_taken{};
  std::string trigger_waiting{};
};
void write_device(wire::JsonWriter& w, const DeviceView& device);
// With every class of its inventory and with what its collections say: {"device": ...,
// "inventory": {"Class": [{column: value}]}, "agent": [{"name", "value", "from", "against"}]}.
Bytes encode_device_details(const DeviceView& device, const std::vector<model::ClassRows>& rows,
                            const model::EffectiveAgent& agent);

inline constexpr std::string_view kDeviceMember = "device";
inline constexpr std::string_view kInventoryMember = "inventory";
inline constexpr std::string_view kAgentMember = "agent";
inline constexpr std::string_view kStatusMember = "status";
inline constexpr std::string_view kPageItems = "items";
inline constexpr std::string_view kPageNext = "next";
// Whether a device's details show that an inventory has arrived.
bool has_inventory(ByteView device_details);

// {"items": [...], "next": cursor}; `next` is absent on the last page.
Bytes encode_page(const std::vector<Bytes>& items, std::string_view next);

struct QueryAnswerColumn {
  std::string name;
  model::ColumnType type;
};
Bytes encode_query_answer(const std::vector<QueryAnswerColumn>& columns,
                          const std::vector<model::Row>& rows);
struct QueryAnswer {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // as text; absent values are empty
};
Result<QueryAnswer> decode_query_answer(ByteView json);

Bytes encode_query_request(std::string_view query);
Result<std::string> decode_query_request(ByteView json);

struct SiteView {
  std::string site;
  std::string version;
  std::int64_t devices = 0;
  std::int64_t pending = 0;
  std::int64_t quarantined = 0;
  std::uint64_t inbox_backlog_bytes = 0;
  // What every status page says of a trial site; empty otherwise.
  std::string trial;
  // The site's newest signed time, a signed document in base64; empty before the first.
  std::string signed_time{};
};
Bytes encode_site_view(const SiteView& site);
Result<SiteView> decode_site_view(ByteView json);

// One finding of `muster doctor -o json`.
wire::Node finding_node(std::string_view state, std::string_view check, std::string_view found,
                        std::string_view advice);

struct TokenRequest {
  Bytes secret_sha256;
  std::optional<Duration> life;
};
Bytes encode_token_request(const TokenRequest& request);
Result<TokenRequest> decode_token_request(ByteView json);

// What comes with a package: the documents that the operator signed.
struct CatalogueUpload {
  Bytes entry;
  std::optional<Bytes> targets;
};

// Puts it into the object's JSON, and takes it out; nothing when it is not there.
void add_catalogue_upload(wire::Node& object, const CatalogueUpload& upload);
std::optional<CatalogueUpload> take_catalogue_upload(wire::Node& object);

struct StatusView {
  std::int64_t sequence = 0;
  Timestamp at;
  std::string device;
  unsigned status_id = 0;
  unsigned topic = 0;
  unsigned state = 0;
  std::string deployment;
  std::string detail;
};
Bytes encode_status_view(const StatusView& view);

struct AuditView {
  std::int64_t sequence = 0;
  Timestamp at;
  std::string actor;
  std::string action;
  std::string kind;
  std::string name;
  std::string hash;
};
Bytes encode_audit_view(const AuditView& view);

struct QuarantineView {
  std::int64_t id = 0;
  Timestamp at;
  std::string sender;
  std::string type;
  std::string reason;
};
Bytes encode_quarantine_view(const QuarantineView& view);

// What a fallback status point took from an address that proved nothing: all of it is a claim.
struct FallbackView {
  std::int64_t number = 0;
  Timestamp received;
  std::string address;
  std::string id;
  unsigned topic = 0;
  unsigned state = 0;
  std::string meaning;
  unsigned cause = 0;
  std::string claimed_client;
  std::string claimed_name;
  Timestamp claimed_at;
};
Bytes encode_fallback_view(const FallbackView& view);

// One version of a file that a device sent.
struct CollectedFileView {
  std::int64_t number = 0;
  std::string path;
  std::string collection;
  Timestamp collected;
  Timestamp received;
  Timestamp modified;
  std::int64_t size_bytes = 0;
  std::string sha256;
};
Bytes encode_collected_file_view(const CollectedFileView& view);

// The rows of `muster ports list -o json`.
Bytes encode_ports(const std::vector<topology::PortRow>& rows);

// A column of a list as `muster get KIND` prints it: the member's path from an item.
struct ApiColumn {
  std::string_view heading;
  std::string_view path;  // "metadata.name"
  bool wide = false;      // only with -o wide
};
// Of what a device's details say of its agent.
std::span<const ApiColumn> agent_columns();
// Empty for an unknown kind. Kinds: devices, packages, collections, deployments,
// boundaries, inventory-classes, file-collections, files (of one device), fallback-messages,
// status-messages, audit, quarantine.
std::span<const ApiColumn> api_columns(std::string_view kind);
std::span<const std::string_view> api_kinds();

}  // namespace muster::contract
