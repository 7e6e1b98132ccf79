// What its components need of a site, without listeners, signer and inbox.
#pragma once

#include "hosting/site.h"
#include "tests/site_server/some_certificate.h"
#include "tests/store/store_test.h"

namespace muster::site_server {

inline std::unique_ptr<hosting::Site> bare_site(std::unique_ptr<store::Database> database,
                                                const Clock& clock, Random& random,
                                                Settings settings = Settings({}),
                                                const std::filesystem::path& signer = {}) {
  return std::unique_ptr<hosting::Site>(
      new hosting::Site{.config = {.site = store::site_code()},
                        .settings = std::move(settings),
                        .clock = clock,
                        .random = random,
                        .database = std::move(database),
                        .inbox = {},
                        .content = {},
                        .signer = hosting::SignerClient(signer, clock),
                        .ca = some_certificate(),
                        .policy_public_key = {}});
}

}  // namespace muster::site_server
