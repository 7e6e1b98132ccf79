// The configuration files of the programs, in YAML like the objects: musterd.yaml of a site
// system, client.yaml of an agent, context.yaml of an operator.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/settings.h"
#include "model/ids.h"
#include "topology/port_settings.h"
#include "topology/roles.h"

namespace muster::contract {

struct SiteConfig {
  model::SiteCode site;
  std::string name{};   // of this site system
  std::string state{};  // folder
  std::string signer_socket{};
  topology::Profile profile = topology::Profile::Standard;
  std::string address{};             // numeric, that the listeners bind to
  std::vector<std::string> hosts{};  // DNS names and addresses in the certificate
  std::vector<topology::Role> roles{};
  bool trial = false;  // the signer is not isolated and the root not offline
  std::vector<std::pair<std::string, std::string>> settings{};  // name and text, in file order
};
// `file` stands in errors. Relative paths are relative to the file's folder.
Result<SiteConfig> decode_site_config(ByteView yaml, std::string_view file);
Bytes encode_site_config(const SiteConfig& config);

struct ClientConfig {
  std::string state;
  std::string management_point;  // "https://host:port"; empty: the locator points tell it
  // "P01", "AUTO", or empty: the site of management_point. With a code and no management point,
  // and with AUTO, locator points are asked.
  std::string site_code;
  std::vector<std::string> locator_points;  // "http://host:port"
  std::string fallback_point;               // "http://host:port"; empty: none
  std::string token_file;                   // empty: wait for an operator's approval
  // Fingerprint of 1.root.json and of the CA for a client without a token, hex; else empty.
  std::string root_sha256;
  std::string ca_sha256;
  std::vector<std::pair<std::string, std::string>> settings;
};
inline constexpr std::string_view kAutoSite = "AUTO";
Result<ClientConfig> decode_client_config(ByteView yaml, std::string_view file);
Bytes encode_client_config(const ClientConfig& config);

struct OperatorContext {
  std::string operator_name;
  // "https://host:port", or "rpc://host[:port]": what that host's endpoint mapper names.
  std::string api;
  std::string folder;         // with the operator's keys
  std::string signer_socket;  // trial sites only: where `muster login` gets its certificate
};
Result<OperatorContext> decode_operator_context(ByteView yaml, std::string_view file);
Bytes encode_operator_context(const OperatorContext& context);

}  // namespace muster::contract
