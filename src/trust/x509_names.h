// Names inside X.509 objects: subjects and alternative names; private to trust/*.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "trust/openssl.h"

namespace muster::trust {

struct AlternativeNames {
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

// Empty when there is no common name. Fails with `kind` for text that X.509 hides, such as NUL.
Result<std::string> read_common_name(const X509_NAME* name, const ErrorKind& kind);
Result<AlternativeNames> read_alternative_names(const GENERAL_NAMES* names, const ErrorKind& kind);

// Fails with `kind` for what the type of name cannot hold.
Result<NamesPtr> make_alternative_names(const AlternativeNames& names, const ErrorKind& kind);
Result<void> set_common_name(X509_NAME* subject, std::string_view text, const ErrorKind& kind);

// Letters, digits, '-' and '.' in labels of 1 to 63; no wildcard.
bool is_dns_name(std::string_view text);

}  // namespace muster::trust
