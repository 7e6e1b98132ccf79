#include "hosting/public_documents.h"

#include <algorithm>
#include <charconv>

#include "hosting/errors.h"
#include "store/site/packages.h"
#include "topology/https_only.h"
#include "topology/port_settings.h"
#include "trust/est.h"

namespace muster::hosting {
namespace {

// "timestamp.json" is the newest; all others have their version in the name: "3.package-x.json".
Result<std::optional<store::CatalogueDocument>> find_document(store::Reader& reader,
                                                              std::string_view name) {
  using Found = std::optional<store::CatalogueDocument>;
  if (name == "timestamp.json") return store::latest_catalogue_document(reader, "timestamp");
  std::int64_t version = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  const std::string_view rest = name.substr(static_cast<std::size_t>(stop - name.data()));
  if (error != std::errc() || !rest.starts_with('.') || !rest.ends_with(".json") || rest.size() < 7)
    return Found();
  return store::find_catalogue_document(reader, rest.substr(1, rest.size() - 6), version);
}

net::Response answer_catalogue(Site& site, Call& call) {
  const auto document = site.database->read(
      [&](store::Reader& reader) { return find_document(reader, call.captures[0]); });
  if (!document) return problem(503, document.error());
  if (!*document) return problem(404, Error(kNoDocument, call.request.head.path));
  net::Response response;
  response.headers.add("Content-Type", "application/json");
  const bool versioned = call.captures[0] != "timestamp.json";
  response.headers.add("Cache-Control", versioned ? "immutable, max-age=31536000" : "no-cache");
  response.body = (*document)->bytes;
  return response;
}

net::Response answer_public(Site& site, Call& call) {
  const auto document = site.shelf.public_document(call.captures[0]);
  if (!document) return problem(404, Error(kNoDocument, call.request.head.path));
  net::Response response;
  response.headers.add("Content-Type", "application/vnd.muster.signed");
  response.headers.add("Cache-Control", "no-cache");
  response.body = document;
  return response;
}

}  // namespace

net::Response answer_ca_certificates(Site& site) {
  net::Response response;
  response.headers.add("Content-Type", trust::kEstCertsType);
  response.headers.add("Content-Transfer-Encoding", "base64");
  response.body = trust::encode_est_certificates(std::span(&site.ca, 1));
  return response;
}

std::vector<ListedPoint> listed_points(const Site& site) {
  const auto& roles = site.config.roles;
  if (const auto& listed = site.settings.text("management_points"); !listed.empty())
    return parse_listed_points(listed).value_or(std::vector<ListedPoint>());
  if (std::ranges::find(roles, topology::Role::ManagementPoint) == roles.end()) return {};
  const auto ports =
      topology::PortSettings::from(site.settings, "").value_or(topology::PortSettings());
  const std::string& host =
      site.config.hosts.empty() ? site.config.address : site.config.hosts.front();
  const bool v6 = host.find(':') != std::string::npos;
  const auto url = [&](std::string_view scheme, topology::Protocol protocol) {
    const auto port =
        topology::listen_port({topology::connection(17), protocol}, site.config.profile, ports);
    return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
  };
  ListedPoint own;
  own.point.https = url("https", topology::Protocol::Https);
  if (!site.settings.boolean(topology::kHttpsOnlySetting))
    own.point.http = url("http", topology::Protocol::Http);
  return {std::move(own)};
}

std::vector<contract::ManagementPoint> management_points(const Site& site) {
  std::vector<contract::ManagementPoint> out;
  auto listed = listed_points(site);
  out.reserve(listed.size());
  for (ListedPoint& each : listed) out.push_back(std::move(each.point));
  return out;
}

std::vector<Route> public_routes(Site& site, const std::string& connection) {
  const auto route = [&](const std::string& pattern, net::Where where, auto handler) {
    return Route{
        .connection = connection,
        .method = "GET",
        .pattern = pattern,
        .access = Access::Public,
        .where = where,
        .body_limit_bytes = 0,
        .body_folder = {},
        .handler = std::move(handler),
        .traffic = where == net::Where::Loop ? TrafficClass::Policy : TrafficClass::Status};
  };
  return {route("/catalogue/*", net::Where::Pool,
                [&site](Call& call) { return answer_catalogue(site, call); }),
          route("/public/*", net::Where::Loop,
                [&site](Call& call) { return answer_public(site, call); }),
          route("/.well-known/est/cacerts", net::Where::Pool,
                [&site](Call&) { return answer_ca_certificates(site); })};
}

}  // namespace muster::hosting
