// The operator's side of a site: making one, signing in, waiting for its parts.
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "base/os/file.h"
#include "base/sha256.h"
#include "contract/catalogue.h"
#include "contract/enrolment_token.h"
#include "hosting/signer_client.h"
#include "net/address.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"
#include "topology/port_settings.h"
#include "trust/ceremony.h"
#include "trust/csr.h"
#include "trust/signer.h"
#include "wire/yaml.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

constexpr Duration kWaitLimit = std::chrono::seconds(120);
constexpr Duration kWaitStep = std::chrono::milliseconds(100);

std::string host_name() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return std::string(name).substr(0, std::string(name).find('.'));
}

Result<void> write_private(const fs::path& path, ByteView content) {
  return os::replace_file(path, content, os::FileMode::Private);
}

// Root and catalogue key of the first operator; the root names the signer's policy key.
Result<void> make_operator_keys(const Session& session, const fs::path& folder,
                                const trust::Ed25519PublicKey& policy_key) {
  const auto root_key = trust::Ed25519Key::generate(session.random);
  const auto catalogue_key = trust::Ed25519Key::generate(session.random);
  const auto root = trust::first_root(
      {root_key.public_key(), catalogue_key.public_key(), policy_key}, session.clock.now());
  const trust::Ed25519Key* signers[] = {&root_key};
  const Bytes document = TRY(trust::sign_root(root, signers));
  TRY(write_private(folder / "root.key", root_key.pem()));
  TRY(write_private(folder / "catalogue.key", catalogue_key.pem()));
  TRY(write_private(folder / "1.root.json", document));
  return write_private(folder / "root.json", document);
}

struct Ports {
  std::uint16_t management = 0;
  std::uint16_t fallback = 0;
  std::uint16_t provider = 0;
};

Ports ports_of(topology::Profile profile) {
  using topology::Protocol;
  return {topology::listen_port({topology::connection(17), Protocol::Https}, profile, {}),
          topology::listen_port({topology::connection(13), Protocol::Http}, profile, {}),
          topology::listen_port({topology::extension(1), Protocol::Https}, profile, {})};
}

contract::SiteConfig site_config(const Session& session, const model::SiteCode& code,
                                 topology::Profile profile, const std::string& address) {
  using topology::Role;
  return {.site = code,
          .name = host_name(),
          .state = (session.state / "site").string(),
          .signer_socket = (session.state / "signer" / "signer.sock").string(),
          .profile = profile,
          .address = address,
          .hosts = {address, "localhost", host_name()},
          .roles = {Role::PrimarySiteServer, Role::ManagementPoint, Role::DistributionPoint,
                    Role::Provider, Role::ServerLocatorPoint, Role::FallbackStatusPoint},
          .trial = true,
          .settings = {{"policy.poll_interval", "PT2S"}, {"splay", "PT0S"}}};
}

template <typename Check>
Result<void> wait_until(const Session& session, const std::string& what, Check check) {
  const Timestamp limit = session.clock.now() + kWaitLimit;
  while (!check()) {
    if (session.clock.now() > limit)
      return fail(kWaitedInVain, "{} is not there after {}", what, to_text(kWaitLimit));
    std::this_thread::sleep_for(kWaitStep);
  }
  return {};
}

}  // namespace

Result<contract::OperatorContext> read_context(const Session& session) {
  const fs::path file = session.state / "operator" / "context.yaml";
  if (!os::file_exists(file)) return fail(kNoContext, "{} is not there", file.string());
  return contract::decode_operator_context(TRY(os::read_file(file)), file.string());
}

Result<ApiClient> sign_in(const Session& session) {
  return ApiClient::create(TRY(read_context(session)), session.clock);
}

Result<void> create_site(const Session& session, const std::string& code,
                         const std::string& profile_text, const std::string& address) {
  const auto site = TRY(model::SiteCode::parse(code));
  const fs::path operator_folder = session.state / "operator";
  if (os::file_exists(operator_folder / "context.yaml"))
    return fail(kSiteExists, "{}", operator_folder.string());
  const bool standard = profile_text == topology::profile_name(topology::Profile::Standard);
  if (!standard && profile_text != topology::profile_name(topology::Profile::Unprivileged))
    return fail(kUsage, "--profile {}: standard or unprivileged", profile_text);
  const auto profile = standard ? topology::Profile::Standard : topology::Profile::Unprivileged;
  for (const char* part : {"operator", "signer", "site", "client"})
    TRY(os::make_private_folder(session.state / part));

  TRY(trust::Signer::create(session.state / "signer", site, session.clock.now(), session.random));
  Bytes ca_pem;
  {
    const auto signer = TRY(trust::Signer::open(session.state / "signer", session.random));
    TRY(make_operator_keys(session, operator_folder, signer.policy_key()));
    ca_pem = trust::certificate_pem(signer.ca_certificate());
  }
  TRY(write_private(operator_folder / "ca.pem", ca_pem));
  // The first root reaches the site as a file; later ones by the interface.
  TRY(write_private(session.state / "site" / "1.root.json",
                    TRY(os::read_file(operator_folder / "1.root.json"))));

  const Ports ports = ports_of(profile);
  TRY(write_private(session.state / "site" / "musterd.yaml",
                    contract::encode_site_config(site_config(session, site, profile, address))));
  contract::ClientConfig client;
  client.state = (session.state / "client").string();
  client.management_point = fmt::format("https://{}:{}", address, ports.management);
  client.fallback_point = fmt::format("http://{}:{}", address, ports.fallback);
  client.token_file = (session.state / "client" / "token").string();
  // On trial the user is who makes the site; elsewhere an administrator says who it is.
  if (const passwd* account = ::getpwuid(::geteuid()))
    client.settings.emplace_back("program.user", account->pw_name);
  // All of a trial stays in its folder.
  client.settings.emplace_back("notice.socket",
                               (session.state / "client" / "notices.sock").string());
  TRY(write_private(session.state / "client" / "client.yaml",
                    contract::encode_client_config(client)));
  contract::OperatorContext context;
  context.operator_name = "admin";
  context.api = fmt::format("https://{}:{}", address, ports.provider);
  context.folder = operator_folder.string();
  context.signer_socket = (session.state / "signer" / "signer.sock").string();
  TRY(write_private(operator_folder / "context.yaml", contract::encode_operator_context(context)));
  std::printf("site %s made in %s\nprovider: %s\n", code.c_str(), session.state.c_str(),
              context.api.c_str());
  return {};
}

Result<void> login(const Session& session) {
  const auto context = TRY(read_context(session));
  if (context.signer_socket.empty())
    return fail(kUsage, "this context names no signer; certificates come from another operator");
  const auto key = trust::EcdsaKey::generate();
  trust::RequestNames names;
  names.common_name = context.operator_name;
  hosting::SignerClient signer(context.signer_socket, session.clock);
  const auto leaf = TRY(signer.issue({.profile = contract::CertificateProfile::Operator,
                                      .request = TRY(trust::make_request(key, names)),
                                      .name = context.operator_name,
                                      .dns_names = {},
                                      .ip_addresses = {}}));
  const fs::path folder = context.folder;
  TRY(write_private(folder / "certificate.key", key.pem()));
  TRY(write_private(folder / "certificate.pem", trust::certificate_pem(leaf)));
  std::printf("signed in as %s until %s\n", context.operator_name.c_str(),
              to_text_seconds(leaf.not_after).c_str());
  return {};
}

Result<void> show_site(const Session& session, Format format) {
  auto api = TRY(sign_in(session));
  const auto answer = TRY(api.get("/api/v1/site"));
  std::printf("%s", format == Format::Json
                        ? (answer.body + "\n").c_str()
                        : wire::emit_yaml(TRY(wire::node_from_json(answer.body))).c_str());
  return {};
}

Result<void> wait_for(const Session& session, const std::string& what, const std::string& name) {
  const auto context = TRY(read_context(session));
  if (what == "signer") {
    return wait_until(session, "muster-signer", [&] {
      return hosting::SignerClient(context.signer_socket, session.clock).public_keys().has_value();
    });
  }
  if (what == "site") {
    if (transport::is_mapper_url(context.api)) {
      const auto target = TRY(provider_target(context.api));
      return wait_until(session, "the provider by " + context.api, [&] {
        return transport::ask_mapper(target.mapper, target.wanted, std::chrono::seconds(1),
                                     session.clock)
            .has_value();
      });
    }
    const auto url = TRY(net::parse_url(context.api + "/"));
    return wait_until(session, "the site at " + context.api, [&] {
      const auto addresses = net::resolve(url.host, url.port, std::chrono::seconds(1));
      if (!addresses || addresses->empty()) return false;
      const os::Fd fd(::socket((*addresses)[0].get()->sa_family, SOCK_STREAM, 0));
      return ::connect(fd.get(), (*addresses)[0].get(), (*addresses)[0].size) == 0;
    });
  }
  if (what != "device" || name.empty()) return fail(kUsage, "wait for signer, site or device NAME");
  auto api = TRY(sign_in(session));
  return wait_until(session, "the inventory of device " + name, [&] {
    const auto answer = api.find("/api/v1/devices/" + path_part(name));
    return answer && *answer && contract::has_inventory((*answer)->body);
  });
}

Result<void> create_token(const Session& session, const std::string& output,
                          const std::string& life, unsigned count) {
  const auto context = TRY(read_context(session));
  const fs::path folder = context.folder;
  const auto ca = TRY(trust::parse_certificate_pem(TRY(os::read_file(folder / "ca.pem"))));
  const Bytes root = TRY(os::read_file(folder / "1.root.json"));
  contract::TokenRequest request;
  if (!life.empty()) request.life = TRY(parse_duration(life));
  auto api = TRY(sign_in(session));
  std::string text;
  for (unsigned made = 0; made < count; ++made) {
    const auto token = contract::make_enrolment_token(session.random, ca.sha256, sha256(root));
    request.secret_sha256 = sha256(token.secret);
    TRY(api.send("POST", "/api/v1/enrolment-tokens", contract::encode_token_request(request)));
    text += contract::to_text(token) + "\n";
  }
  if (output.empty()) {
    std::printf("%s", text.c_str());
    return {};
  }
  TRY(write_private(output, text));
  std::printf("%s written to %s\n", count == 1 ? "token" : "tokens", output.c_str());
  return {};
}

}  // namespace muster::console
