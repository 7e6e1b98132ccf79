#include "contract/policy.h"

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMostBodies = 10'000;

void write_durations(wire::JsonWriter& w, std::string_view key,
                     const model::AgentDurations& durations) {
  w.key(key).array();
  for (const auto& [name, value] : durations) {
    w.object();
    w.key("name").string(name);
    w.key("value").string(to_text(value));
    w.end();
  }
  w.end();
}

void write_settings(wire::JsonWriter& w, const ClientSettingsBody& body) {
  w.key("kind").string("client-settings");
  w.key("pollInterval").string(to_text(body.poll_interval));
  w.key("heartbeatInterval").string(to_text(body.heartbeat_interval));
  w.key("inventoryInterval").string(to_text(body.inventory_interval));
  if (!body.class_intervals.empty()) {
    w.key("classIntervals").array();
    for (const auto& [name, interval] : body.class_intervals) {
      w.object();
      w.key("class").string(name);
      w.key("interval").string(to_text(interval));
      w.end();
    }
    w.end();
  }
  if (!body.agent.empty()) write_durations(w, "agent", body.agent);
  w.key("maxAge").string(to_text(body.max_age));
  w.key("distributionPoints").array();
  for (const std::string& point : body.distribution_points) w.string(point);
  w.end();
  w.key("splay").string(to_text(body.splay));
}

void write_schedule(wire::JsonWriter& w, const model::Schedule& schedule) {
  w.key("start").string(model::first_text(schedule));
  w.key("repeat").string(schedule.repeat);
}

void write_collection(wire::JsonWriter& w, const CollectionBody& body) {
  w.key("kind").string("collection");
  w.key("collection").string(body.collection.text());
  w.key("name").string(body.name);
  w.key("precedence").number(static_cast<std::uint64_t>(body.agent.precedence));
  write_durations(w, "settings", body.agent.settings);
  w.key("variables").array();
  for (const model::Variable& variable : body.agent.variables) {
    w.object();
    w.key("name").string(variable.name);
    if (variable.masked()) {
      w.key("secret").string(variable.secret);
    } else {
      w.key("value").string(variable.value);
    }
    w.end();
  }
  w.end();
  w.key("windows").array();
  for (const model::MaintenanceWindow& window : body.windows) {
    w.object();
    w.key("name").string(window.name);
    write_schedule(w, window.schedule);
    w.key("duration").string(to_text(window.duration));
    w.end();
  }
  w.end();
}

void write_entry(wire::JsonWriter& w, const EntryReference& entry) {
  w.object();
  w.key("role").string(entry.role);
  w.key("version").number(entry.version);
  w.key("sha256").string(entry.sha256);
  w.key("size").number(entry.size_bytes);
  w.end();
}

void write_first(wire::JsonWriter& w, const std::vector<FirstProgramReference>& first) {
  w.key("first").array();
  for (const FirstProgramReference& each : first) {
    w.object();
    w.key("package").string(each.package);
    w.key("packageVersion").string(each.package_version);
    w.key("program").string(each.program);
    w.key("entry");
    write_entry(w, each.entry);
    w.key("contentFolder").string(each.content_folder);
    w.key("persist").boolean(each.persist);
    w.end();
  }
  w.end();
}

void write_deployment(wire::JsonWriter& w, const DeploymentBody& body) {
  w.key("kind").string("deployment");
  w.key("deployment").string(body.deployment.text());
  w.key("name").string(body.name);
  w.key("package").string(body.package);
  w.key("packageVersion").string(body.package_version);
  w.key("program").string(body.program);
  w.key("purpose").string(model::to_text(body.purpose));
  w.key("start").string(to_text(body.start));
  if (body.deadline) w.key("deadline").string(to_text(*body.deadline));
  if (body.expires) w.key("expires").string(to_text(*body.expires));
  w.key("schedules").array();
  for (const model::Schedule& schedule : body.schedules) {
    w.object();
    write_schedule(w, schedule);
    w.end();
  }
  w.end();
  w.key("events").array();
  for (const model::DeploymentEvent event : body.events) w.string(model::to_text(event));
  w.end();
  w.key("rerun").string(model::to_text(body.rerun));
  if (body.notice) w.key("notice").boolean(true);
  w.key("ignoreWindows").boolean(body.ignore_windows);
  w.key("after").array();
  for (const model::ObjectId& id : body.after) w.string(id.text());
  w.end();
  w.key("entry");
  write_entry(w, body.entry);
  w.key("contentFolder").string(body.content_folder);
  w.key("persist").boolean(body.persist);
  write_first(w, body.first);
}

// Absent from a site of an earlier version. A class that this client does not have is kept: it
// simply never asks for it.
Result<model::ClassIntervals> read_class_intervals(const wire::Json& json) {
  model::ClassIntervals out;
  const auto list = TRY(json.find("classIntervals"));
  if (!list) return out;
  for (const wire::Json& item : TRY_IN(list->items(), "classIntervals")) {
    std::string name = TRY(text_field(item, "class"));
    const Duration interval = TRY(duration_field(item, "interval"));
    if (interval < model::kShortestClassInterval || interval > model::kLongestClassInterval)
      return fail(kBadMember, "classIntervals: {}: PT1H to P90D are possible", name.substr(0, 80));
    if (!out.emplace(std::move(name), interval).second)
      return fail(kBadMember, "classIntervals: a class stands twice");
  }
  return out;
}

// A setting that this client does not have is of a newer site, and left out.
Result<model::AgentDurations> read_durations(const wire::Json& list) {
  model::AgentDurations out;
  for (const wire::Json& item : TRY(list.items())) {
    std::string name = TRY(text_field(item, "name"));
    const Duration value = TRY(duration_field(item, "value"));
    if (model::find_agent_setting(name) == nullptr) continue;
    TRY(model::check_agent_setting(name, value));
    if (!out.emplace(std::move(name), value).second)
      return fail(kBadMember, "a setting stands twice");
  }
  return out;
}

Result<ClientSettingsBody> read_settings(const wire::Json& json) {
  ClientSettingsBody body;
  body.poll_interval = TRY(duration_field(json, "pollInterval"));
  body.heartbeat_interval = TRY(duration_field(json, "heartbeatInterval"));
  body.inventory_interval = TRY(duration_field(json, "inventoryInterval"));
  body.class_intervals = TRY(read_class_intervals(json));
  if (const auto agent = TRY(json.find("agent"))) body.agent = TRY(read_durations(*agent));
  body.max_age = TRY(duration_field(json, "maxAge"));
  body.distribution_points = TRY(text_list_field(json, "distributionPoints"));
  // Absent from a site of an earlier version.
  if (TRY(json.find("splay"))) body.splay = TRY(duration_field(json, "splay"));
  return body;
}

Result<EntryReference> read_entry(const wire::Json& json) {
  EntryReference entry;
  entry.role = TRY(text_field(json, "role"));
  entry.version = TRY(number_field(json, "version"));
  entry.sha256 = TRY(sha256_field(json, "sha256"));
  entry.size_bytes = TRY(number_field(json, "size"));
  return entry;
}

Result<model::Schedule> read_schedule(const wire::Json& json) {
  const std::string start = TRY(text_field(json, "start"));
  return model::parse_schedule(start, TRY(text_field(json, "repeat")));
}

Result<std::vector<model::Variable>> read_variables(const wire::Json& list) {
  std::vector<model::Variable> out;
  for (const wire::Json& item : TRY(list.items())) {
    if (out.size() == model::kMostVariables)
      return fail(kTooMuch, "over {} variables", model::kMostVariables);
    model::Variable& variable = out.emplace_back();
    variable.name = TRY(text_field(item, "name"));
    const auto secret = TRY(optional_text_field(item, "secret"));
    const auto value = TRY(optional_text_field(item, "value"));
    if (secret.has_value() == value.has_value() || (secret && secret->empty()))
      return fail(kBadMember, "variable {}: one of value and secret is wanted",
                  variable.name.substr(0, 64));
    variable.secret = secret.value_or("");
    variable.value = value.value_or("");
    TRY(model::check_variable(variable));
  }
  return out;
}

Result<model::AgentSection> read_section(const wire::Json& json) {
  model::AgentSection section;
  const std::uint64_t precedence = TRY(number_field(json, "precedence"));
  if (precedence > static_cast<std::uint64_t>(model::kMostPrecedence))
    return fail(kBadMember, "precedence {}", precedence);
  section.precedence = static_cast<std::int64_t>(precedence);
  section.settings = TRY(read_durations(TRY(json.at("settings"))));
  section.variables = TRY(read_variables(TRY(json.at("variables"))));
  return section;
}

Result<CollectionBody> read_collection(const wire::Json& json) {
  CollectionBody body{.collection = TRY(object_field(json, "collection"))};
  body.name = TRY(text_field(json, "name"));
  TRY(model::check_name(body.name));
  body.agent = TRY(read_section(json));
  for (const wire::Json& item : TRY(TRY(json.at("windows")).items())) {
    if (body.windows.size() == model::kMostWindows)
      return fail(kTooMuch, "over {} windows", model::kMostWindows);
    model::MaintenanceWindow& window = body.windows.emplace_back();
    window.name = TRY(text_field(item, "name"));
    window.schedule = TRY(read_schedule(item));
    window.duration = TRY(duration_field(item, "duration"));
    TRY(model::check_window(window));
  }
  return body;
}

Result<void> read_times(const wire::Json& json, DeploymentBody& body) {
  body.start = TRY(time_field(json, "start"));
  body.deadline = TRY(optional_time_field(json, "deadline"));
  body.expires = TRY(optional_time_field(json, "expires"));
  for (const wire::Json& item : TRY(TRY(json.at("schedules")).items())) {
    if (body.schedules.size() == model::kMostSchedules)
      return fail(kTooMuch, "over {} schedules", model::kMostSchedules);
    body.schedules.push_back(TRY(read_schedule(item)));
  }
  for (const std::string& text : TRY(text_list_field(json, "events"))) {
    const auto event = model::parse_deployment_event(text);
    if (!event) return fail(kBadMember, "event '{}' is not known", text);
    body.events.push_back(*event);
  }
  const std::string text = TRY(text_field(json, "rerun"));
  const auto rerun = model::parse_rerun(text);
  if (!rerun) return fail(kBadMember, "rerun '{}' is not known", text);
  body.rerun = *rerun;
  if (TRY(json.find("notice"))) body.notice = TRY(truth_field(json, "notice"));
  body.ignore_windows = TRY(truth_field(json, "ignoreWindows"));
  return {};
}

Result<std::string> read_content_folder(const wire::Json& json) {
  std::string folder = TRY(text_field(json, "contentFolder"));
  if (folder.size() != 32 || !from_hex(folder))
    return fail(kBadMember, "contentFolder: 32 lower-case hex digits are wanted");
  return folder;
}

// Absent from a site of an earlier version, as is what else is read here.
Result<void> read_order(const wire::Json& json, DeploymentBody& body) {
  if (const auto after = TRY(json.find("after")))
    for (const wire::Json& item : TRY(after->items())) {
      if (body.after.size() == model::kMostAfter)
        return fail(kTooMuch, "over {} deployments in after", model::kMostAfter);
      body.after.push_back(TRY(model::ObjectId::parse(TRY(item.string()))));
    }
  if (TRY(json.find("persist"))) body.persist = TRY(truth_field(json, "persist"));
  const auto first = TRY(json.find("first"));
  if (!first) return {};
  for (const wire::Json& item : TRY(first->items())) {
    if (body.first.size() == kMostFirstPrograms)
      return fail(kTooMuch, "over {} programs that run first", kMostFirstPrograms);
    FirstProgramReference& each = body.first.emplace_back();
    each.package = TRY(text_field(item, "package"));
    TRY(model::check_name(each.package));
    each.package_version = TRY(text_field(item, "packageVersion"));
    each.program = TRY(text_field(item, "program"));
    each.entry = TRY_IN(read_entry(TRY(item.at("entry"))), "entry");
    each.content_folder = TRY(read_content_folder(item));
    each.persist = TRY(truth_field(item, "persist"));
  }
  return {};
}

Result<DeploymentBody> read_deployment(const wire::Json& json) {
  const std::string purpose = TRY(text_field(json, "purpose"));
  const auto known = model::parse_purpose(purpose);
  if (!known) return fail(kBadMember, "purpose '{}' is not known", purpose);
  // One by one: an early return out of a braced list would leak what is built of it already.
  const auto deployment = TRY(object_field(json, "deployment"));
  DeploymentBody body{.deployment = deployment, .purpose = *known};
  body.name = TRY(text_field(json, "name"));
  body.package = TRY(text_field(json, "package"));
  body.package_version = TRY(text_field(json, "packageVersion"));
  body.program = TRY(text_field(json, "program"));
  TRY(read_times(json, body));
  body.entry = TRY_IN(read_entry(TRY(json.at("entry"))), "entry");
  body.content_folder = TRY(read_content_folder(json));
  TRY(model::check_name(body.package));
  TRY(read_order(json, body));
  return body;
}

}  // namespace

Bytes encode_policy_header(const PolicyHeader& header) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("site").string(header.site.text());
  w.key("device").string(header.device.text());
  w.key("epoch").number(header.epoch);
  w.key("version").number(header.version);
  w.key("issued").string(to_text(header.issued));
  w.key("expires").string(to_text(header.expires));
  w.key("inventoryResync").number(header.inventory_resync);
  w.key("catalogueRoot").number(header.catalogue_root);
  w.key("bodies").array();
  for (const BodyReference& body : header.bodies) {
    w.object();
    w.key("sha256").string(body.sha256);
    w.key("size").number(body.size_bytes);
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

Result<PolicyHeader> decode_policy_header(ByteView payload) {
  const auto document = TRY(wire::JsonDocument::parse(payload));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  const auto site = TRY(site_field(json, "site"));
  const auto device = TRY(device_field(json, "device"));
  PolicyHeader header{.site = site, .device = device};
  header.epoch = TRY(number_field(json, "epoch"));
  header.version = TRY(number_field(json, "version"));
  header.issued = TRY(time_field(json, "issued"));
  header.expires = TRY(time_field(json, "expires"));
  header.inventory_resync = TRY(number_field(json, "inventoryResync"));
  header.catalogue_root = TRY(number_field(json, "catalogueRoot"));
  for (const wire::Json& item : TRY(TRY(json.at("bodies")).items())) {
    if (header.bodies.size() == kMostBodies) return fail(kTooMuch, "over {} bodies", kMostBodies);
    BodyReference& body = header.bodies.emplace_back();
    body.sha256 = TRY(sha256_field(item, "sha256"));
    body.size_bytes = TRY(number_field(item, "size"));
  }
  return header;
}

namespace {

void write_inventory(wire::JsonWriter& w, const InventoryBody& body) {
  w.key("kind").string("inventory");
  w.key("entries").array();
  for (const EntryReference& entry : body.entries) write_entry(w, entry);
  w.end();
}

Result<InventoryBody> read_inventory(const wire::Json& json) {
  InventoryBody body;
  for (const wire::Json& item : TRY(TRY(json.at("entries")).items())) {
    if (body.entries.size() == kMostInventoryEntries)
      return fail(kTooMuch, "over {} entries", kMostInventoryEntries);
    body.entries.push_back(TRY(read_entry(item)));
  }
  return body;
}

}  // namespace

Bytes encode_policy_body(const PolicyBody& body) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  if (const auto* settings = std::get_if<ClientSettingsBody>(&body)) write_settings(w, *settings);
  if (const auto* deployment = std::get_if<DeploymentBody>(&body)) write_deployment(w, *deployment);
  if (const auto* said = std::get_if<CollectionBody>(&body)) write_collection(w, *said);
  if (const auto* inventory = std::get_if<InventoryBody>(&body)) write_inventory(w, *inventory);
  w.end();
  return std::move(w).take();
}

Result<PolicyBody> decode_policy_body(ByteView payload) {
  const auto document = TRY(wire::JsonDocument::parse(payload));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  const std::string kind = TRY(text_field(json, "kind"));
  if (kind == "client-settings") return PolicyBody(TRY(read_settings(json)));
  if (kind == "deployment") return PolicyBody(TRY(read_deployment(json)));
  if (kind == "collection") return PolicyBody(TRY(read_collection(json)));
  if (kind == "inventory") return PolicyBody(TRY(read_inventory(json)));
  return fail(kBadMember, "kind '{}' is not known", kind);
}

Bytes encode_site_time(const SiteTime& time) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("site").string(time.site.text());
  w.key("time").string(to_text(time.time));
  w.end();
  return std::move(w).take();
}

Result<SiteTime> decode_site_time(ByteView payload) {
  const auto document = TRY(wire::JsonDocument::parse(payload));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  const auto site = TRY(site_field(json, "site"));
  const Timestamp time = TRY(time_field(json, "time"));
  return SiteTime{site, time};
}

}  // namespace muster::contract
