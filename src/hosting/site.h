// What the roles of one musterd share: the site's database, inbox, content, keys' client, access
// list, policy shelf and fleet index. Roles take from it; no role takes from another.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/random.h"
#include "base/settings.h"
#include "base/time.h"
#include "contract/site_config.h"
#include "fleet/fleet.h"
#include "hosting/access.h"
#include "hosting/admission_control.h"
#include "hosting/contacts.h"
#include "hosting/device_queue.h"
#include "hosting/envelope_keys.h"
#include "hosting/figures.h"
#include "hosting/nudges.h"
#include "hosting/policy_shelf.h"
#include "hosting/poll_chains.h"
#include "hosting/signer_client.h"
#include "hosting/wake.h"
#include "net/http_server.h"
#include "store/content_store.h"
#include "store/database.h"
#include "store/journal.h"
#include "store/site/known_rows.h"
#include "trust/certificate.h"

namespace muster::hosting {

struct Site {
  contract::SiteConfig config;
  Settings settings;
  const Clock& clock;
  Random& random;

  // Before all that counts in it.
  std::unique_ptr<Figures> figures = std::make_unique<Figures>();
  std::unique_ptr<store::Database> database;
  std::unique_ptr<store::Journal> inbox;
  std::optional<store::ContentStore> content;
  SignerClient signer;
  trust::Certificate ca;
  Bytes policy_public_key;  // 32 bytes
  trust::CertificateCache certificates{20'000};

  AccessList access{};
  PolicyShelf shelf{};
  EnvelopeKeys envelope_keys{};
  fleet::Fleet fleet{};
  // Of the thread that takes the inbox.
  store::KnownRows known_rows{};
  // Objects, devices or tokens changed in the database: the site server shall look.
  Wake changed{};
  DeviceQueue forgotten{};
  Contacts contacts{};
  PollChains polls{};
  Nudges nudges{clock};
  std::unique_ptr<AdmissionControl> admission{};
  // While the site system has its listeners open.
  const net::Server* server = nullptr;
  // Rises when content is withdrawn: what a distribution point remembers of folders is void.
  std::atomic<std::uint64_t> content_epoch{0};

  // How long requests wait for a thread.
  Congestion congestion() const {
    return server != nullptr ? Congestion{.oldest_wait = server->load().oldest_wait} : Congestion{};
  }
  std::filesystem::path folder(std::string_view name) const {
    return std::filesystem::path(config.state) / name;
  }
};

// Opens everything in the configuration's state folder; asks the signer for its public keys.
// Errors: those of the parts, naming them.
Result<std::unique_ptr<Site>> open_site(contract::SiteConfig config, const Clock& clock,
                                        Random& random);

}  // namespace muster::hosting
