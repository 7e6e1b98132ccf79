// What muster-signer is asked and what it answers: typed requests as JSON in frames over its Unix
// socket. docs/protocols/signer.md. Its decisions: trust/signer.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "contract/signed_document.h"
#include "model/ids.h"

namespace muster::contract {

// Who a leaf certificate is for; each has its lifetime and uses (trust/certificate_authority.h).
enum class CertificateProfile { Client, SiteSystem, Operator };
// "client", "site-system", "operator".
std::string_view to_text(CertificateProfile profile);
// Error: kSignerProtocol.
Result<CertificateProfile> parse_certificate_profile(std::string_view text);

// The two documents of the catalogue that the site's policy key signs.
enum class CatalogueRole { Snapshot, Timestamp };
std::string_view to_text(CatalogueRole role);
// Error: kSignerProtocol.
Result<CatalogueRole> parse_catalogue_role(std::string_view text);

namespace signer {

// Asks for what clients and site systems need to know of this site's keys.
struct Public {};
// The payload must state the same device, epoch and version.
struct SignPolicyHeader {
  model::DeviceId device;
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  Bytes payload;
};
// Policy bodies, the site's time, locator answers. A policy header is refused here.
struct SignDocument {
  SignedType type = SignedType::PolicyBody;
  Bytes payload;
};
struct SignCatalogue {
  CatalogueRole role = CatalogueRole::Snapshot;
  std::uint64_t version = 0;
  // The canonical form of the `signed` part.
  Bytes canonical;
};
struct Issue {
  CertificateProfile profile = CertificateProfile::Client;
  // PKCS#10, DER.
  Bytes request;
  // 32 hex digits for a client, else the name of the site system or operator.
  std::string name;
  // Site systems only.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};
// `purpose` is bound to the secret: it is unsealed only under the same one.
struct Seal {
  std::string purpose;
  Bytes plaintext;
};
struct Unseal {
  std::string purpose;
  Bytes sealed;
};

using Request =
    std::variant<Public, SignPolicyHeader, SignDocument, SignCatalogue, Issue, Seal, Unseal>;

struct PublicKeys {
  // Raw, 32 bytes.
  Bytes policy_key;
  std::string ca_certificate_pem;
  // The last that were signed; the next is higher. 0 for none.
  std::uint64_t snapshot_version = 0;
  std::uint64_t timestamp_version = 0;
};
// A framed signed document, ready to be served.
struct Document {
  Bytes framed;
};
struct CatalogueSigned {
  // As TUF names the key, and the 64 bytes.
  std::string key_id;
  Bytes signature;
};
struct Issued {
  Bytes certificate_der;
};
struct Sealed {
  Bytes sealed;
};
struct Unsealed {
  Bytes plaintext;
};
struct Refused {
  std::uint16_t number = 0;
  std::string name;
  std::string detail;
  std::string advice;
};

using Answer =
    std::variant<PublicKeys, Document, CatalogueSigned, Issued, Sealed, Unsealed, Refused>;

}  // namespace signer

// One frame is a length (4 bytes, big endian) and a JSON document that holds 1 to 512 requests or
// as many answers in the same order. Many requests in a frame share one fsync of the signer.
inline constexpr std::size_t kSignerFrameLimit = 16u << 20;
inline constexpr std::size_t kSignerRequestsLimit = 512;

// The documents inside the frames. Errors: kSignerProtocol, kSignerFrame.
Bytes encode_signer_requests(const std::vector<signer::Request>& requests);
Result<std::vector<signer::Request>> decode_signer_requests(ByteView document);
Bytes encode_signer_answers(const std::vector<signer::Answer>& answers);
Result<std::vector<signer::Answer>> decode_signer_answers(ByteView document);

Bytes frame_signer_document(ByteView document);
// Takes the first whole frame off the front of `received`; nothing while it is incomplete.
// Error: kSignerFrame when the announced length is over the limit.
Result<std::optional<Bytes>> take_signer_frame(Bytes& received);

}  // namespace muster::contract
