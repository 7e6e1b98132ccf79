// Bodies of EST (RFC 7030): what cacerts, simpleenroll and simplereenroll carry.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "trust/certificate.h"

namespace muster::trust {

inline constexpr const char* kEstCertsType = "application/pkcs7-mime; smime-type=certs-only";
inline constexpr const char* kEstRequestType = "application/pkcs10";

// A degenerate PKCS#7 SignedData with these certificates, in base64 without line breaks.
Bytes encode_est_certificates(std::span<const Certificate> certificates);
// Error: kBadEstBody.
Result<std::vector<Certificate>> decode_est_certificates(ByteView body);

// The body of an enrolment: base64 of the DER request.
Bytes encode_est_request(ByteView request_der);
// Takes base64 with or without line breaks. Gives the DER, which parse_request() reads.
// Error: kBadEstBody.
Result<Bytes> decode_est_request(ByteView body);

}  // namespace muster::trust
