// The decisions of muster-signer without its socket: what it signs, refuses and remembers. It holds
// the policy key, the issuing CA and the key-encryption key, never a root or an operator's key.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/os/fd.h"
#include "base/random.h"
#include "base/time.h"
#include "contract/signer_protocol.h"
#include "model/ids.h"
#include "trust/certificate_authority.h"
#include "trust/keys.h"
#include "trust/seal.h"
#include "trust/version_log.h"

namespace muster::trust {

// Not safe from several threads. The folder holds policy.pem, ca.pem, ca-key.pem, sealing.key and
// versions.log, all of mode 0600, and belongs to one process at a time.
class Signer {
 public:
  // Makes the keys of a new site, once: kSignerState when the folder has any already.
  static Result<void> create(const std::filesystem::path& folder, const model::SiteCode& site,
                             Timestamp now, Random& random);
  // `random` outlives the signer. Errors: kFileUnreadable, kBadKey, kSignerState.
  static Result<Signer> open(const std::filesystem::path& folder, Random& random);

  const Ed25519PublicKey& policy_key() const { return policy_.public_key(); }
  const Certificate& ca_certificate() const { return authority_.certificate(); }

  // One answer per request, in order. What was signed is remembered on disk before any answer is
  // given; the requests of one call share that write. Each request makes one line in the log.
  std::vector<contract::signer::Answer> handle(std::span<const contract::signer::Request> requests,
                                               Timestamp now);

 private:
  Signer(os::Fd lock, Ed25519Key policy, CertificateAuthority authority, SealingKey sealing,
         VersionLog versions, Random& random);

  using Answered = Result<contract::signer::Answer>;
  Answered decide(const contract::signer::Request& request, Timestamp now);
  Answered answer(const contract::signer::Public& request, Timestamp now);
  Answered answer(const contract::signer::SignPolicyHeader& request, Timestamp now);
  Answered answer(const contract::signer::SignDocument& request, Timestamp now);
  Answered answer(const contract::signer::SignCatalogue& request, Timestamp now);
  Answered answer(const contract::signer::Issue& request, Timestamp now);
  Answered answer(const contract::signer::Seal& request, Timestamp now);
  Answered answer(const contract::signer::Unseal& request, Timestamp now);

  os::Fd lock_;
  Ed25519Key policy_;
  CertificateAuthority authority_;
  SealingKey sealing_;
  VersionLog versions_;
  Random* random_;
};

}  // namespace muster::trust
