#include "contract/api.h"

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

void write_optional_time(wire::JsonWriter& w, std::string_view key,
                         const std::optional<Timestamp>& time) {
  if (time) w.key(key).string(to_text(*time));
}

void write_value(wire::JsonWriter& w, const model::Value& value, model::ColumnType type) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (type == model::ColumnType::Boolean) {
      w.boolean(*number != 0);
    } else if (type == model::ColumnType::Time) {
      w.string(to_text(Timestamp{*number}));
    } else {
      w.number(*number);
    }
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    w.string(*text);
  } else if (const auto* version = std::get_if<model::Version>(&value)) {
    w.string(version->text);
  } else {
    w.null();
  }
}

Result<std::string> value_text(const wire::Json& json) {
  switch (json.kind()) {
    case wire::Json::Kind::Null:
      return std::string();
    case wire::Json::Kind::Bool:
      return std::string(TRY(json.boolean()) ? "true" : "false");
    case wire::Json::Kind::Integer:
      return fmt::format("{}", TRY(json.i64()));
    default:
      return std::string(TRY(json.string()));
  }
}

}  // namespace

void write_device(wire::JsonWriter& w, const DeviceView& device) {
  w.object();
  w.key("kind").string("Device");
  w.key("name").string(device.name);
  w.key("id").string(device.id);
  w.key("site").string(device.site);
  w.key("state").string(device.state);
  if (!device.operating_system.empty()) w.key("operatingSystem").string(device.operating_system);
  if (!device.client_version.empty()) w.key("clientVersion").string(device.client_version);
  w.key("enrolled").string(to_text(device.enrolled));
  write_optional_time(w, "lastSeen", device.last_seen);
  write_optional_time(w, "lastContact", device.last_contact);
  write_optional_time(w, "connectedSince", device.connected_since);
  write_optional_time(w, "triggered", device.triggered);
  if (!device.trigger_waiting.empty()) w.key("triggerWaiting").string(device.trigger_waiting);
  write_optional_time(w, "triggerTaken", device.trigger_taken);
  write_optional_time(w, "inventoryAt", device.inventory_at);
  w.key("inventoryRows").number(device.inventory_rows);
  if (device.approved_by) w.key("approvedBy").string(*device.approved_by);
  if (!device.waiting_key.empty()) w.key("key").string(device.waiting_key);
  if (!device.waiting_address.empty()) w.key("address").string(device.waiting_address);
  w.end();
}

namespace {

void write_agent(wire::JsonWriter& w, const model::EffectiveAgent& agent) {
  const auto write = [&](std::string_view name, std::string_view value, const auto& said) {
    w.object();
    w.key("name").string(name);
    w.key("value").string(value);
    w.key("from").string(said.from.empty() ? "the site's settings" : "collection " + said.from);
    std::string against;
    for (const std::string& other : said.against) against += (against.empty() ? "" : ", ") + other;
    if (!against.empty()) w.key("against").string(against);
    w.end();
  };
  w.key(kAgentMember).array();
  for (const auto& [name, said] : agent.settings) write(name, to_text(said.value), said);
  for (const auto& [name, said] : agent.variables)
    write("variable " + name,
          said.value.masked() ? "masked, secret " + said.value.secret : said.value.value, said);
  w.end();
}

}  // namespace

Bytes encode_device_details(const DeviceView& device, const std::vector<model::ClassRows>& rows,
                            const model::EffectiveAgent& agent) {
  wire::JsonWriter w;
  w.object();
  w.key(kDeviceMember);
  write_device(w, device);
  w.key(kInventoryMember).object();
  for (const model::ClassRows& each : rows) {
    w.key(each.type->name).array();
    for (const model::Row& row : each.rows) {
      w.object();
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (std::holds_alternative<std::monostate>(row[i])) continue;
        w.key(each.type->columns[i].name);
        write_value(w, row[i], each.type->columns[i].type);
      }
      w.end();
    }
    w.end();
  }
  w.end();
  write_agent(w, agent);
  w.end();
  return std::move(w).take();
}

std::span<const ApiColumn> agent_columns() {
  static constexpr ApiColumn kColumns[] = {
      {"AGENT", "name"}, {"VALUE", "value"}, {"SAID BY", "from"}, {"NOT AS", "against"}};
  return kColumns;
}

bool has_inventory(ByteView device_details) {
  const auto document = wire::JsonDocument::parse(device_details, {.bytes = 1u << 30, .depth = 8});
  if (!document) return false;
  const auto device = document->root().find(kDeviceMember);
  if (!device || !*device) return false;
  const auto at = (*device)->find("inventoryAt");
  return at && *at;
}

Bytes encode_page(const std::vector<Bytes>& items, std::string_view next) {
  wire::JsonWriter w;
  w.object();
  w.key(kPageItems).array();
  for (const Bytes& item : items) w.raw(item);
  w.end();
  if (!next.empty()) w.key(kPageNext).string(next);
  w.end();
  return std::move(w).take();
}

Bytes encode_query_answer(const std::vector<QueryAnswerColumn>& columns,
                          const std::vector<model::Row>& rows) {
  wire::JsonWriter w;
  w.object();
  w.key("columns").array();
  for (const QueryAnswerColumn& column : columns) w.string(column.name);
  w.end();
  w.key("rows").array();
  for (const model::Row& row : rows) {
    w.array();
    for (std::size_t i = 0; i < row.size(); ++i) write_value(w, row[i], columns[i].type);
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

Result<QueryAnswer> decode_query_answer(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 1u << 30, .depth = 8}));
  const wire::Json json = document.root();
  QueryAnswer answer;
  answer.columns = TRY(text_list_field(json, "columns"));
  for (const wire::Json& row : TRY(TRY(json.at("rows")).items())) {
    std::vector<std::string>& out = answer.rows.emplace_back();
    for (const wire::Json& value : TRY(row.items())) out.push_back(TRY(value_text(value)));
    if (out.size() != answer.columns.size())
      return fail(kBadMember, "rows: {} values for {} columns", out.size(), answer.columns.size());
  }
  return answer;
}

Bytes encode_query_request(std::string_view query) {
  wire::JsonWriter w;
  w.object();
  w.key("query").string(query);
  w.end();
  return std::move(w).take();
}

Result<std::string> decode_query_request(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 1u << 20, .depth = 4}));
  return text_field(document.root(), "query");
}

Bytes encode_site_view(const SiteView& site) {
  wire::JsonWriter w;
  w.object();
  w.key("kind").string("Site");
  w.key("site").string(site.site);
  w.key("version").string(site.version);
  w.key("devices").number(site.devices);
  w.key("pending").number(site.pending);
  w.key("quarantined").number(site.quarantined);
  w.key("inboxBacklogBytes").number(site.inbox_backlog_bytes);
  if (!site.trial.empty()) w.key("trial").string(site.trial);
  if (!site.signed_time.empty()) w.key("signedTime").string(site.signed_time);
  w.end();
  return std::move(w).take();
}

Result<SiteView> decode_site_view(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 1u << 20, .depth = 4}));
  const wire::Json json = document.root();
  SiteView site;
  site.site = TRY(text_field(json, "site"));
  site.version = TRY(text_field(json, "version"));
  site.devices = static_cast<std::int64_t>(TRY(number_field(json, "devices")));
  site.pending = static_cast<std::int64_t>(TRY(number_field(json, "pending")));
  site.quarantined = static_cast<std::int64_t>(TRY(number_field(json, "quarantined")));
  site.inbox_backlog_bytes = TRY(number_field(json, "inboxBacklogBytes"));
  site.trial = TRY(optional_text_field(json, "trial")).value_or("");
  site.signed_time = TRY(optional_text_field(json, "signedTime")).value_or("");
  return site;
}

wire::Node finding_node(std::string_view state, std::string_view check, std::string_view found,
                        std::string_view advice) {
  wire::Node node = wire::mapping_node();
  node.set("state", wire::text_node(state));
  node.set("check", wire::text_node(check));
  node.set("found", wire::text_node(found));
  if (!advice.empty()) node.set("advice", wire::text_node(advice));
  return node;
}

Bytes encode_token_request(const TokenRequest& request) {
  wire::JsonWriter w;
  w.object();
  w.key("secretSha256").string(to_hex(request.secret_sha256));
  if (request.life) w.key("life").string(to_text(*request.life));
  w.end();
  return std::move(w).take();
}

Result<TokenRequest> decode_token_request(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 65536, .depth = 4}));
  const wire::Json json = document.root();
  TokenRequest request;
  request.secret_sha256 = TRY(from_hex(TRY(sha256_field(json, "secretSha256"))));
  if (TRY(json.find("life"))) request.life = TRY(duration_field(json, "life"));
  return request;
}

void add_catalogue_upload(wire::Node& object, const CatalogueUpload& upload) {
  wire::Node node = wire::mapping_node();
  node.set("entry", wire::text_node(upload.entry));
  if (upload.targets) node.set("targets", wire::text_node(*upload.targets));
  object.set("catalogue", std::move(node));
}

std::optional<CatalogueUpload> take_catalogue_upload(wire::Node& object) {
  std::optional<CatalogueUpload> upload;
  std::erase_if(object.members, [&](const wire::NodeMember& member) {
    if (member.key != "catalogue") return false;
    upload.emplace();
    if (const auto* entry = member.value.find("entry")) upload->entry = entry->text;
    if (const auto* targets = member.value.find("targets")) upload->targets = targets->text;
    return true;
  });
  return upload;
}

Bytes encode_status_view(const StatusView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("sequence").number(view.sequence);
  w.key("at").string(to_text(view.at));
  w.key("device").string(view.device);
  w.key("statusId").number(view.status_id);
  w.key("topic").number(view.topic);
  w.key("state").number(view.state);
  if (!view.deployment.empty()) w.key("deployment").string(view.deployment);
  if (!view.detail.empty()) w.key("detail").string(view.detail);
  w.end();
  return std::move(w).take();
}

Bytes encode_audit_view(const AuditView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("sequence").number(view.sequence);
  w.key("at").string(to_text(view.at));
  w.key("actor").string(view.actor);
  w.key("action").string(view.action);
  w.key("kind").string(view.kind);
  w.key("name").string(view.name);
  w.key("hash").string(view.hash);
  w.end();
  return std::move(w).take();
}

Bytes encode_quarantine_view(const QuarantineView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("id").number(view.id);
  w.key("at").string(to_text(view.at));
  w.key("sender").string(view.sender);
  w.key("type").string(view.type);
  w.key("reason").string(view.reason);
  w.end();
  return std::move(w).take();
}

Bytes encode_fallback_view(const FallbackView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("number").number(view.number);
  w.key("received").string(to_text(view.received));
  w.key("address").string(view.address);
  w.key("id").string(view.id);
  w.key("topic").number(view.topic);
  w.key("state").number(view.state);
  w.key("meaning").string(view.meaning);
  w.key("cause").number(view.cause);
  w.key("claimed").object();
  w.key("client").string(view.claimed_client);
  w.key("name").string(view.claimed_name);
  w.key("at").string(to_text(view.claimed_at));
  w.end();
  w.end();
  return std::move(w).take();
}

Bytes encode_collected_file_view(const CollectedFileView& view) {
  wire::JsonWriter w;
  w.object();
  w.key("number").number(view.number);
  w.key("path").string(view.path);
  w.key("collection").string(view.collection);
  w.key("collected").string(to_text(view.collected));
  w.key("received").string(to_text(view.received));
  w.key("modified").string(to_text(view.modified));
  w.key("size").number(view.size_bytes);
  w.key("sha256").string(view.sha256);
  w.end();
  return std::move(w).take();
}

Bytes encode_ports(const std::vector<topology::PortRow>& rows) {
  wire::JsonWriter w;
  w.array();
  for (const topology::PortRow& row : rows) {
    w.object();
    w.key("connection").string(row.connection);
    w.key("from").string(row.from);
    w.key("to").string(row.to);
    w.key("protocol").string(row.protocol);
    w.key("transport").string(row.transport);
    w.key("port").string(row.port);
    w.key("configurable").string(row.configurable);
    w.key("note").string(row.note);
    w.key("leg").string(row.leg);
    w.key("role").string(row.role);
    w.end();
  }
  w.end();
  return std::move(w).take();
}

namespace {

constexpr ApiColumn kDevices[] = {{"NAME", "name"},
                                  {"STATE", "state"},
                                  {"OPERATING SYSTEM", "operatingSystem"},
                                  {"CLIENT", "clientVersion"},
                                  {"LAST SEEN", "lastSeen"},
                                  {"LAST CONTACT", "lastContact", true},
                                  {"CONNECTED SINCE", "connectedSince", true},
                                  {"INVENTORY", "inventoryAt", true},
                                  {"ROWS", "inventoryRows", true},
                                  {"ID", "id", true},
                                  {"APPROVED BY", "approvedBy", true},
                                  {"ADDRESS", "address", true},
                                  {"KEY", "key", true}};
constexpr ApiColumn kPackages[] = {{"NAME", "metadata.name"},
                                   {"VERSION", "spec.version"},
                                   {"ID", "metadata.id"},
                                   {"SERIAL", "metadata.serial", true}};
constexpr ApiColumn kCollections[] = {
    {"NAME", "metadata.name"}, {"LIMITED TO", "spec.limitedTo"},
    {"RULES", "status.rules"}, {"MEMBERS", "status.members"},
    {"ID", "metadata.id"},     {"SERIAL", "metadata.serial", true}};
constexpr ApiColumn kDeployments[] = {{"NAME", "metadata.name"},
                                      {"PACKAGE", "spec.package"},
                                      {"PROGRAM", "spec.program"},
                                      {"COLLECTION", "spec.collection"},
                                      {"PURPOSE", "spec.purpose"},
                                      {"START", "spec.start"},
                                      {"TARGETS", "status.targets"},
                                      {"RUNNING", "status.running"},
                                      {"SUCCEEDED", "status.succeeded"},
                                      {"FAILED", "status.failed"},
                                      {"ID", "metadata.id"},
                                      {"RECEIVED", "status.received", true},
                                      {"DOWNLOADING", "status.downloading", true},
                                      {"RETRYING", "status.retrying", true},
                                      {"UNMET", "status.requirementsUnmet", true},
                                      {"WINDOW", "status.waitingForWindow", true},
                                      {"FIRST", "status.waitingForProgram", true},
                                      {"RESTART FIRST", "status.waitingForRestart", true},
                                      {"HELD", "status.held", true},
                                      {"RESTART", "status.restartPending", true},
                                      {"DEADLINE", "spec.deadline", true},
                                      {"SERIAL", "metadata.serial", true}};
constexpr ApiColumn kBoundaries[] = {
    {"NAME", "metadata.name"}, {"SUBNET", "spec.subnet"},
    {"RANGE", "spec.range"},   {"IPV6 PREFIX", "spec.ipv6Prefix"},
    {"SPEED", "spec.speed"},   {"SITE", "metadata.site"},
    {"ID", "metadata.id"},     {"SERIAL", "metadata.serial", true}};
constexpr ApiColumn kInventoryClasses[] = {
    {"NAME", "metadata.name"},     {"CLASS", "spec.class"},
    {"SENTENCE", "spec.sentence"}, {"INTERVAL", "spec.interval"},
    {"SITE", "metadata.site"},     {"ID", "metadata.id"},
    {"SET", "metadata.set", true}, {"SERIAL", "metadata.serial", true}};
constexpr ApiColumn kFileCollections[] = {
    {"NAME", "metadata.name"},     {"FILE LIMIT", "spec.fileLimit"},
    {"INTERVAL", "spec.interval"}, {"RESTRICTED", "spec.restricted"},
    {"SITE", "metadata.site"},     {"ID", "metadata.id"},
    {"SET", "metadata.set", true}, {"SERIAL", "metadata.serial", true}};
constexpr ApiColumn kFiles[] = {{"NUMBER", "number"},
                                {"PATH", "path"},
                                {"COLLECTED", "collected"},
                                {"SIZE", "size"},
                                {"FILE COLLECTION", "collection"},
                                {"MODIFIED", "modified", true},
                                {"RECEIVED", "received", true},
                                {"SHA256", "sha256", true}};
constexpr ApiColumn kFallback[] = {{"NUMBER", "number"},   {"RECEIVED", "received"},
                                   {"ADDRESS", "address"}, {"CLAIMED NAME", "claimed.name"},
                                   {"TOPIC", "topic"},     {"STATE", "state"},
                                   {"MEANING", "meaning"}, {"CAUSE", "cause"},
                                   {"AT", "claimed.at"},   {"CLAIMED ID", "claimed.client", true},
                                   {"MESSAGE", "id", true}};
constexpr ApiColumn kStatus[] = {
    {"AT", "at"},       {"DEVICE", "device"},         {"STATUS", "statusId"}, {"TOPIC", "topic"},
    {"STATE", "state"}, {"DEPLOYMENT", "deployment"}, {"DETAIL", "detail"}};
constexpr ApiColumn kAudit[] = {{"SEQUENCE", "sequence"}, {"AT", "at"},     {"ACTOR", "actor"},
                                {"ACTION", "action"},     {"KIND", "kind"}, {"NAME", "name"},
                                {"HASH", "hash", true}};
constexpr ApiColumn kQuarantine[] = {
    {"ID", "id"}, {"AT", "at"}, {"SENDER", "sender"}, {"TYPE", "type"}, {"REASON", "reason"}};
constexpr std::string_view kKinds[] = {"devices",          "packages",   "collections",
                                       "deployments",      "boundaries", "inventory-classes",
                                       "file-collections", "files",      "fallback-messages",
                                       "status-messages",  "audit",      "quarantine"};

}  // namespace

std::span<const ApiColumn> api_columns(std::string_view kind) {
  if (kind == "devices") return kDevices;
  if (kind == "packages") return kPackages;
  if (kind == "collections") return kCollections;
  if (kind == "deployments") return kDeployments;
  if (kind == "boundaries") return kBoundaries;
  if (kind == "inventory-classes") return kInventoryClasses;
  if (kind == "file-collections") return kFileCollections;
  if (kind == "files") return kFiles;
  if (kind == "fallback-messages") return kFallback;
  if (kind == "status-messages") return kStatus;
  if (kind == "audit") return kAudit;
  if (kind == "quarantine") return kQuarantine;
  return {};
}

std::span<const std::string_view> api_kinds() { return kKinds; }

}  // namespace muster::contract
