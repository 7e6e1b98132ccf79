#include "roles/client/enrolment/leaf.h"

#include "roles/client/errors.h"
#include "trust/csr.h"
#include "trust/peer_identity.h"

namespace muster::client {

Result<Bytes> device_request(const trust::EcdsaKey& key, const model::DeviceId& device,
                             const std::string& host_name) {
  trust::RequestNames names;
  names.common_name = host_name;
  names.uris = {device.urn()};
  return trust::make_request(key, names);
}

Result<void> check_leaf(const trust::Certificate& leaf, const trust::EcdsaKey& key,
                        const model::DeviceId& device) {
  if (leaf.key.spki_der() != key.public_key().spki_der())
    return fail(kSiteAnswer, "enrolment: the certificate is of another key");
  const auto peer = TRY(trust::identify_peer(std::make_shared<trust::Certificate>(leaf)));
  if (peer.kind != trust::PeerKind::Device || peer.id != device.text())
    return fail(kSiteAnswer, "enrolment: the certificate is of {} {}", trust::to_text(peer.kind),
                peer.id);
  return {};
}

Timestamp half_life(const trust::Certificate& certificate) {
  return certificate.not_before + (certificate.not_after - certificate.not_before) / 2;
}

}  // namespace muster::client
