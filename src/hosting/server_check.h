// Whether the other end of a TLS connection is a site system of our own site.
#pragma once

#include <span>
#include <string>

#include "base/time.h"
#include "trust/certificate.h"

namespace muster::hosting {

// What a client or console knows of its site's CA: the certificate itself, or its fingerprint.
struct PinnedCa {
  Bytes sha256;  // 32 bytes, of the DER
};

// The leaf is issued by the pinned CA (which the server sends in `chain_der`), valid at `now`,
// speaks for a site system, and names `host`. Returns the CA certificate.
// Errors: kBadCertificate, kWrongIssuer, kExpired, kNoIdentity.
Result<trust::Certificate> check_server(const PinnedCa& pinned, ByteView leaf_der,
                                        std::span<const Bytes> chain_der, const std::string& host,
                                        Timestamp now);

}  // namespace muster::hosting
