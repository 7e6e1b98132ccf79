// The commands of muster-client that read or change the client's state folder.
#pragma once

#include <filesystem>
#include <optional>

#include "contract/client_control.h"
#include "contract/site_config.h"

namespace muster::client {

// The value of this row is "yes", or says what is missing.
inline constexpr const char* kManagedRow = "managed";

// What the state folder says while no agent runs; `config` where it is known.
Result<contract::ControlAnswer> stored_status(const std::filesystem::path& state,
                                              const std::optional<contract::ClientConfig>& config);

// `muster-client assign CODE|AUTO`: the client looks for its site anew. Errors: kNoLocator without
// locator points, kBadId.
Result<void> ask_for_assignment(const contract::ClientConfig& config, const std::string& code);

// Of a device's public key, as an operator compares it before an approval: "SHA256:" and 64 hex
// digits of the SubjectPublicKeyInfo.
std::string key_fingerprint(ByteView spki_der);

}  // namespace muster::client
