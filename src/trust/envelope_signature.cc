#include "trust/envelope_signature.h"

#include "base/sha256.h"
#include "trust/errors.h"
#include "trust/peer_identity.h"

namespace muster::trust {

Bytes sign_envelope(const contract::EnvelopeHeader& header, ByteView body, const EcdsaKey& key) {
  const Bytes signed_part = contract::envelope_signed_part(header);
  return contract::frame_envelope(signed_part, key.sign(signed_part), body);
}

Result<void> verify_envelope(const contract::Envelope& envelope,
                             const CertificatePtr& certificate) {
  const contract::EnvelopeHeader& header = envelope.header;
  if (header.certificate_sha256 != certificate->sha256)
    return fail(kWrongCertificate, "the message names certificate {}, not that of '{}'",
                to_hex(header.certificate_sha256), certificate->common_name);
  const PeerIdentity peer = TRY(identify_peer(certificate));
  if (peer.kind != PeerKind::Device || peer.id != header.sender.text())
    return fail(kWrongDevice, "a message of device {} with the certificate of {} '{}'",
                header.sender.text(), to_text(peer.kind), peer.id);
  if (!certificate->key.verify(envelope.signed_part, envelope.signature))
    return fail(kBadSignature, "message {} of device {}", header.sequence, header.sender.text());
  if (sha256(envelope.body) != header.body_sha256)
    return fail(kWrongHash, "body of message {} of device {}", header.sequence,
                header.sender.text());
  return {};
}

}  // namespace muster::trust
