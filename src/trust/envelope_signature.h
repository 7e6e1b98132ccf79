// Signs and verifies the envelopes of contract/envelope.h with a leaf key.
#pragma once

#include "contract/envelope.h"
#include "trust/certificate.h"

namespace muster::trust {

// The framed message; `header` names the hash of `body` and of the certificate already.
Bytes sign_envelope(const contract::EnvelopeHeader& header, ByteView body, const EcdsaKey& key);

// Checks that the certificate is the one that the message names and of the message's sender, the
// signature, and the body's hash. Certificate validity is the caller's. Errors: kWrongCertificate,
// kNoIdentity, kWrongDevice, kBadSignature, kWrongHash.
Result<void> verify_envelope(const contract::Envelope& envelope, const CertificatePtr& certificate);

}  // namespace muster::trust
