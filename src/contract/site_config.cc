#include "contract/site_config.h"

#include <filesystem>

#include "contract/document_errors.h"
#include "wire/node_fields.h"
#include "wire/yaml.h"

namespace muster::contract {
namespace {

using wire::Node;
using wire::NodeAt;
using wire::NodeFields;

constexpr std::size_t kMostLocatorPoints = 16;

Result<Node> only_document(ByteView yaml, std::string_view file) {
  auto documents = TRY_IN(wire::parse_yaml(yaml), "{}", file);
  if (documents.size() != 1)
    return fail(kBadMember, "{}: one document is wanted, {} are there", file, documents.size());
  return std::move(documents[0]);
}

// A path as the file means it: relative to the file's own folder.
std::string resolved(std::string_view file, const std::string& path) {
  const std::filesystem::path given(path);
  if (given.is_absolute() || path.empty()) return path;
  return (std::filesystem::absolute(std::filesystem::path(file)).parent_path() / given)
      .lexically_normal()
      .string();
}

Result<std::vector<std::pair<std::string, std::string>>> read_settings(const NodeFields& fields) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto settings = fields.optional("settings");
  if (!settings) return out;
  if (settings->node().kind != Node::Kind::Mapping)
    return settings->failure(kBadMember, "is no mapping of setting names to values");
  for (const wire::NodeMember& member : settings->node().members) {
    if (!member.value.is_scalar() || member.value.kind == Node::Kind::Null)
      return settings->failure(kBadMember, "{}: one value is wanted", member.key);
    out.emplace_back(member.key, member.value.text);
  }
  return out;
}

Node settings_node(const std::vector<std::pair<std::string, std::string>>& settings) {
  Node node = wire::mapping_node();
  for (const auto& [name, text] : settings) node.set(name, wire::text_node(text));
  return node;
}

Result<topology::Profile> read_profile(const NodeFields& fields) {
  const NodeAt value = TRY(fields.required("profile"));
  const std::string text = TRY(value.text());
  for (const auto profile : {topology::Profile::Standard, topology::Profile::Unprivileged})
    if (topology::profile_name(profile) == text) return profile;
  return value.failure(kBadMember, "'{}': standard or unprivileged is wanted", text);
}

Result<std::vector<std::string>> text_list(const NodeFields& fields, std::string_view key) {
  std::vector<std::string> out;
  for (const NodeAt& item : TRY(TRY(fields.required(key)).items())) out.push_back(TRY(item.text()));
  return out;
}

// Who tells the client its site: the file itself, or the locator points that it names.
Result<void> read_assignment(const NodeFields& fields, ClientConfig& config) {
  config.management_point = TRY(fields.optional_text("managementPoint")).value_or("");
  config.site_code = TRY(fields.optional_text("siteCode")).value_or("");
  config.fallback_point = TRY(fields.optional_text("fallbackStatusPoint")).value_or("");
  if (fields.optional("serverLocatorPoints"))
    config.locator_points = TRY(text_list(fields, "serverLocatorPoints"));
  if (config.locator_points.size() > kMostLocatorPoints)
    return fail(kTooMuch, "serverLocatorPoints: over {} points", kMostLocatorPoints);
  const bool automatic = config.site_code == kAutoSite;
  if (!config.site_code.empty() && !automatic)
    TRY_IN(model::SiteCode::parse(config.site_code), "siteCode");
  const bool asks = automatic || config.management_point.empty();
  if (asks && config.site_code.empty())
    return fail(kBadMember, "managementPoint is missing; or give siteCode and serverLocatorPoints");
  if (asks && config.locator_points.empty())
    return fail(kBadMember, "siteCode: {} needs serverLocatorPoints to ask", config.site_code);
  if (automatic && !config.management_point.empty())
    return fail(kBadMember, "siteCode: AUTO finds the management point; leave managementPoint out");
  return {};
}

Result<SiteConfig> read_site(const Node& node, std::string_view file) {
  const auto fields =
      TRY(NodeFields::open(NodeAt(node, ""), {"site", "name", "state", "signer", "profile",
                                              "address", "hosts", "roles", "trial", "settings"}));
  const auto site = TRY(model::SiteCode::parse(TRY(fields.text("site"))));
  SiteConfig config{.site = site};
  config.name = TRY(fields.text("name"));
  config.state = resolved(file, TRY(fields.text("state")));
  config.signer_socket = resolved(file, TRY(fields.text("signer")));
  config.profile = TRY(read_profile(fields));
  config.address = TRY(fields.text("address"));
  config.hosts = TRY(text_list(fields, "hosts"));
  config.settings = TRY(read_settings(fields));
  for (const std::string& role : TRY(text_list(fields, "roles")))
    config.roles.push_back(TRY(topology::parse_role(role)));
  if (const auto trial = fields.optional("trial")) config.trial = TRY(trial->boolean());
  return config;
}

}  // namespace

Result<SiteConfig> decode_site_config(ByteView yaml, std::string_view file) {
  const Node node = TRY(only_document(yaml, file));
  return TRY_IN(read_site(node, file), "{}", file);
}

Bytes encode_site_config(const SiteConfig& config) {
  Node node = wire::mapping_node();
  node.set("site", wire::text_node(config.site.text()));
  node.set("name", wire::text_node(config.name));
  node.set("state", wire::text_node(config.state));
  node.set("signer", wire::text_node(config.signer_socket));
  node.set("profile", wire::text_node(topology::profile_name(config.profile)));
  node.set("address", wire::text_node(config.address));
  Node hosts = wire::sequence_node();
  for (const std::string& host : config.hosts) hosts.items.push_back(wire::text_node(host));
  node.set("hosts", std::move(hosts));
  Node roles = wire::sequence_node();
  for (const auto role : config.roles)
    roles.items.push_back(wire::text_node(topology::role_name(role)));
  node.set("roles", std::move(roles));
  node.set("trial", wire::boolean_node(config.trial));
  if (!config.settings.empty()) node.set("settings", settings_node(config.settings));
  return wire::emit_yaml(node);
}

Result<ClientConfig> decode_client_config(ByteView yaml, std::string_view file) {
  const Node node = TRY(only_document(yaml, file));
  const auto read = [&]() -> Result<ClientConfig> {
    const auto fields = TRY(NodeFields::open(
        NodeAt(node, ""),
        {"state", "managementPoint", "siteCode", "serverLocatorPoints", "fallbackStatusPoint",
         "tokenFile", "rootSha256", "caSha256", "settings"}));
    ClientConfig config;
    config.state = resolved(file, TRY(fields.text("state")));
    TRY(read_assignment(fields, config));
    config.token_file = resolved(file, TRY(fields.optional_text("tokenFile")).value_or(""));
    config.root_sha256 = TRY(fields.optional_text("rootSha256")).value_or("");
    config.ca_sha256 = TRY(fields.optional_text("caSha256")).value_or("");
    config.settings = TRY(read_settings(fields));
    return config;
  };
  return TRY_IN(read(), "{}", file);
}

Bytes encode_client_config(const ClientConfig& config) {
  Node node = wire::mapping_node();
  node.set("state", wire::text_node(config.state));
  const auto set_optional = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) node.set(key, wire::text_node(value));
  };
  set_optional("managementPoint", config.management_point);
  set_optional("siteCode", config.site_code);
  if (!config.locator_points.empty()) {
    Node points = wire::sequence_node();
    for (const std::string& point : config.locator_points)
      points.items.push_back(wire::text_node(point));
    node.set("serverLocatorPoints", std::move(points));
  }
  set_optional("fallbackStatusPoint", config.fallback_point);
  set_optional("tokenFile", config.token_file);
  set_optional("rootSha256", config.root_sha256);
  set_optional("caSha256", config.ca_sha256);
  if (!config.settings.empty()) node.set("settings", settings_node(config.settings));
  return wire::emit_yaml(node);
}

Result<OperatorContext> decode_operator_context(ByteView yaml, std::string_view file) {
  const Node node = TRY(only_document(yaml, file));
  const auto read = [&]() -> Result<OperatorContext> {
    const auto fields =
        TRY(NodeFields::open(NodeAt(node, ""), {"operator", "api", "folder", "signer"}));
    OperatorContext context;
    context.operator_name = TRY(fields.text("operator"));
    context.api = TRY(fields.text("api"));
    context.folder = resolved(file, TRY(fields.text("folder")));
    context.signer_socket = resolved(file, TRY(fields.optional_text("signer")).value_or(""));
    return context;
  };
  return TRY_IN(read(), "{}", file);
}

Bytes encode_operator_context(const OperatorContext& context) {
  Node node = wire::mapping_node();
  node.set("operator", wire::text_node(context.operator_name));
  node.set("api", wire::text_node(context.api));
  node.set("folder", wire::text_node(context.folder));
  if (!context.signer_socket.empty()) node.set("signer", wire::text_node(context.signer_socket));
  return wire::emit_yaml(node);
}

}  // namespace muster::contract
