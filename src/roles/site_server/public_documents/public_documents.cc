#include "roles/site_server/public_documents/public_documents.h"

#include "contract/policy.h"
#include "contract/public_documents.h"
#include "contract/sealed_exchange.h"
#include "hosting/public_documents.h"
#include "store/site/certificates.h"
#include "store/site/settings.h"

namespace muster::site_server {
namespace {

Result<contract::RevocationList> revocations(hosting::Site& site) {
  contract::RevocationList list{site.config.site};
  list.issued = site.clock.now();
  // An ended certificate can still be renewed while this lasts.
  const Timestamp ended = list.issued - site.settings.duration("enrolment.grace");
  TRY(site.database->read([&](store::Reader& reader) -> Result<void> {
    list.number =
        static_cast<std::uint64_t>(TRY(store::read_counter(reader, store::Counter::Revocation)));
    for (const Bytes& each : TRY(store::revoked_certificates(
             reader, ended, static_cast<std::int64_t>(contract::kMostRevocations))))
      list.certificates.push_back(to_hex(each));
    return {};
  }));
  return list;
}

}  // namespace

Result<void> publish_public_documents(hosting::Site& site) {
  using contract::SignedType;
  const Timestamp now = site.clock.now();
  const auto publish = [&](std::string_view name, SignedType type,
                           const Bytes& payload) -> Result<void> {
    site.shelf.put_public(name, TRY(site.signer.sign_document(type, payload)));
    return {};
  };
  contract::ManagementPointList points{site.config.site};
  points.issued = now;
  points.points = hosting::management_points(site);
  TRY(publish(hosting::kManagementPointsDocument, SignedType::ManagementPoints,
              contract::encode_management_points(points)));
  TRY(publish(hosting::kRevocationsDocument, SignedType::Revocations,
              contract::encode_revocations(TRY(revocations(site)))));
  const auto key = site.envelope_keys.current(
      site.config.site, site.settings.duration("envelope.key_life"), now, site.random);
  TRY(publish(hosting::kEnvelopeKeyDocument, SignedType::EnvelopeKey,
              contract::encode_envelope_key(key)));
  return publish(hosting::kSiteTimeDocument, SignedType::SiteTime,
                 contract::encode_site_time({site.config.site, now}));
}

}  // namespace muster::site_server
