// A device's leaf certificate: how it is asked for, and whether what came is what was asked for.
#pragma once

#include "model/ids.h"
#include "trust/certificate.h"
#include "trust/keys.h"

namespace muster::client {

Result<Bytes> device_request(const trust::EcdsaKey& key, const model::DeviceId& device,
                             const std::string& host_name);

// Else it would take the place of a good identity. Error: kSiteAnswer.
Result<void> check_leaf(const trust::Certificate& leaf, const trust::EcdsaKey& key,
                        const model::DeviceId& device);

// When it is renewed.
Timestamp half_life(const trust::Certificate& certificate);

}  // namespace muster::client
