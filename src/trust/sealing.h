// Seals the requests of contract/sealed_exchange.h to a site's envelope key and the answers to the
// client that asked. HPKE; the answer's keys are made as in RFC 9458 4.4.
#pragma once

#include "contract/sealed_exchange.h"
#include "trust/certificate.h"
#include "trust/hpke.h"

namespace muster::trust {

// A client's side of one exchange.
struct OutgoingExchange {
  Bytes request;  // as it travels
  std::uint64_t number = 0;
  Bytes encapsulated;
  Bytes secret;  // that the answer is sealed with

  // Errors: kNotOpened, kSealedMalformed; kWrongExchange for the answer to another request.
  Result<contract::SealedAnswer> open(ByteView answer) const;
};
// `header` names the key, the hash of `body` and the certificate of `key` already.
// Error: kBadKey for a site key of low order.
Result<OutgoingExchange> seal_request(const contract::SealedRequest& header, ByteView body,
                                      const EcdsaKey& key, ByteView site_public_key,
                                      Random& random);

// The site's side: opened, but the device has not been believed yet.
struct IncomingExchange {
  Bytes text;  // what was sealed; parse_sealed_request() reads it
  Bytes encapsulated;
  Bytes secret;

  Bytes seal(const contract::SealedAnswer& answer, Random& random) const;
};
// Errors: kBadKey, kNotOpened.
Result<IncomingExchange> open_request(const contract::SealedFrame& frame, const X25519Key& key);

// That the named certificate is the sender's, the signature, the key that it was sealed to and the
// hash of the body. That the certificate is the site's and valid is the caller's. Errors:
// kWrongDevice, kWrongExchange, kBadSignature, kWrongHash.
Result<void> verify_sealed_request(const contract::ParsedSealedRequest& request,
                                   const CertificatePtr& certificate, std::string_view key_id);

}  // namespace muster::trust
