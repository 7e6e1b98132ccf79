// A certificate where nobody looks at it: a site wants one, the parts under test do not.
#pragma once

#include "trust/certificate.h"

namespace muster::site_server {

inline trust::Certificate some_certificate() {
  return {.der = {},
          .sha256 = {},
          .common_name = {},
          .uris = {},
          .dns_names = {},
          .ip_addresses = {},
          .not_before = {},
          .not_after = {},
          .serial = {},
          .key = trust::EcdsaKey::generate().public_key(),
          .handle = {}};
}

}  // namespace muster::site_server
