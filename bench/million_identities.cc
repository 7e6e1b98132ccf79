// The identities half of bench/million_clients.py: certificates of devices that the site knows
// already, as the site's own CA issues them, and the folder in which muster-simulate finds them.
//
//   bench_million_identities SIGNER_FOLDER TOKEN_FILE STATE_FOLDER <device ids in hex, one a line
//
// All have one key pair: making keys is not what is measured, and a certificate names its device
// whatever the key is. The token, any of the site's, says whom the clients trust. Without these
// words, as tools/bench starts it, it does nothing.
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>

#include "base/check.h"
#include "base/os/file.h"
#include "base/os/system.h"
#include "bench/measuring.h"
#include "contract/enrolment_token.h"
#include "simulator/fleet_state.h"
#include "trust/certificate_authority.h"

using namespace muster;
using bench::must;

int main(int argc, char** argv) {
  if (argc != 4 || std::strchr(argv[1], '/') == nullptr) return 0;
  const std::filesystem::path signer = argv[1];
  const auto authority = must(trust::CertificateAuthority::load(
      must(os::read_file(signer / "ca.pem")), must(os::read_file(signer / "ca-key.pem"))));
  Bytes text = must(os::read_file(argv[2]));
  text.erase(text.find_last_not_of('\n') + 1);
  const auto token = must(contract::parse_enrolment_token(text));
  const auto key = trust::EcdsaKey::generate();
  const std::string key_pem(key.pem());
  os::SystemRandom random;
  const os::SystemClock clock;

  simulator::FleetState state{token.ca_sha256, token.root_sha256, {}};
  for (std::string line; std::getline(std::cin, line);) {
    simulator::KeptClient client{.number = state.clients.size(),
                                 .device = must(model::DeviceId::parse(line))};
    client.key_pem = key_pem;
    trust::LeafNames names;
    names.name = line;
    client.certificate_pem =
        trust::certificate_pem(must(authority.issue(key.public_key(), names, clock.now(), random)));
    state.clients.push_back(std::move(client));
  }
  must(os::make_private_folder(argv[3]));
  must(simulator::save_fleet_state(std::filesystem::path(argv[3]) / "clients", state));
}
