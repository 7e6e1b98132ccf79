#include "trust/signer.h"

#include "base/check.h"
#include "base/os/file.h"
#include "contract/catalogue.h"
#include "contract/location.h"
#include "contract/policy.h"
#include "contract/public_documents.h"
#include "contract/sealed_exchange.h"
#include "trust/catalogue_signature.h"
#include "trust/csr.h"
#include "trust/document_signature.h"
#include "trust/errors.h"
#include "trust/signer_log.h"

namespace muster::trust {
namespace {

namespace signer = contract::signer;
using contract::CatalogueRole;
using contract::SignedType;

constexpr const char* kPolicyFile = "policy.pem";
constexpr const char* kCaFile = "ca.pem";
constexpr const char* kCaKeyFile = "ca-key.pem";
constexpr const char* kSealingFile = "sealing.key";
constexpr const char* kVersionsFile = "versions.log";

constexpr Duration kHeaderLifetime = std::chrono::hours(24 * 30);
constexpr Duration kFreshnessLifetime = std::chrono::hours(24 * 7);
// Whoever copies one from a management point's memory can read what is sealed for so long.
constexpr Duration kEnvelopeKeyLifetime = std::chrono::hours(24 * 7);
// How far the site server's clock may be from the signer's.
constexpr Duration kClockAllowance = std::chrono::minutes(5);
constexpr std::size_t kSecretLimit = 1u << 20;
constexpr std::size_t kPurposeLimit = 255;
constexpr std::size_t kFrameRoom = 512;

signer::Answer refused(const Error& error) {
  return signer::Refused{error.kind().number, std::string(error.kind().name), error.detail(),
                         std::string(error.kind().advice)};
}

Result<void> check_lifetime(std::string_view what, Timestamp expires, Timestamp now,
                            Duration longest) {
  if (expires <= now) return fail(kSignerRefused, "{} expired at {}", what, to_text(expires));
  if (expires > now + longest + kClockAllowance)
    return fail(kSignerRefused, "{} would be valid until {}, over {}", what, to_text(expires),
                to_text(longest));
  return {};
}

// A signed time in the future would make every client believe that all else is expired, and that
// every later document is older.
Result<void> check_now(std::string_view what, Timestamp time, Timestamp now) {
  if (time > now + kClockAllowance || time < now - kClockAllowance)
    return fail(kSignerRefused, "{} {} is over {} away from the signer's {}", what, to_text(time),
                to_text(kClockAllowance), to_text(now));
  return {};
}

Result<void> check_payload(SignedType type, ByteView payload, Timestamp now) {
  switch (type) {
    case SignedType::PolicyHeader:
      return fail(kSignerRefused, "a policy header without its device and version");
    case SignedType::PolicyBody:
      TRY(contract::decode_policy_body(payload));
      return {};
    case SignedType::SiteTime:
      return check_now("the site's time", TRY(contract::decode_site_time(payload)).time, now);
    case SignedType::LocatorAnswer:
      return check_now("the locator answer of",
                       TRY(contract::decode_locator_answer(payload)).issued, now);
    case SignedType::ManagementPoints:
      return check_now("the management point list of",
                       TRY(contract::decode_management_points(payload)).issued, now);
    case SignedType::Revocations:
      return check_now("the revocation list of", TRY(contract::decode_revocations(payload)).issued,
                       now);
    case SignedType::EnvelopeKey: {
      const auto key = TRY(contract::decode_envelope_key(payload));
      if (key.issued > now + kClockAllowance)
        return fail(kSignerRefused, "the envelope key is issued at {}, now is {}",
                    to_text(key.issued), to_text(now));
      return check_lifetime("the envelope key", key.expires, now, kEnvelopeKeyLifetime);
    }
  }
  check_failed("a known signed type", __FILE__, __LINE__);
}

struct CatalogueFacts {
  std::uint64_t version = 0;
  Timestamp expires;
};

// What the part says of itself; it must be canonical, or the signature would not be over the
// document that is served.
Result<CatalogueFacts> read_part(CatalogueRole role, ByteView canonical) {
  const auto facts = [&](const auto& part,
                         const contract::CataloguePart& again) -> Result<CatalogueFacts> {
    if (again.canonical != canonical)
      return fail(kSignerRefused, "the {} is not in canonical form", contract::to_text(role));
    return CatalogueFacts{part.version, part.expires};
  };
  if (role == CatalogueRole::Snapshot) {
    const auto part = TRY(contract::decode_snapshot_part(canonical));
    return facts(part, contract::encode_snapshot(part));
  }
  const auto part = TRY(contract::decode_timestamp_part(canonical));
  return facts(part, contract::encode_timestamp(part));
}

Result<void> check_purpose(std::string_view purpose) {
  if (purpose.empty() || purpose.size() > kPurposeLimit)
    return fail(kSignerRefused, "a purpose of {} bytes; 1 to {} are taken", purpose.size(),
                kPurposeLimit);
  return {};
}

}  // namespace

Signer::Signer(os::Fd lock, Ed25519Key policy, CertificateAuthority authority, SealingKey sealing,
               VersionLog versions, Random& random)
    : lock_(std::move(lock)),
      policy_(std::move(policy)),
      authority_(std::move(authority)),
      sealing_(std::move(sealing)),
      versions_(std::move(versions)),
      random_(&random) {}

Result<void> Signer::create(const std::filesystem::path& folder, const model::SiteCode& site,
                            Timestamp now, Random& random) {
  TRY(os::make_private_folder(folder));
  for (const char* name : {kPolicyFile, kCaFile, kCaKeyFile, kSealingFile, kVersionsFile}) {
    std::error_code ignored;
    if (std::filesystem::exists(folder / name, ignored))
      return fail(kSignerState, "{} exists; the keys of a site are made once",
                  (folder / name).string());
  }
  const auto write = [&](const char* name, ByteView content) {
    return os::replace_file(folder / name, content, os::FileMode::Private);
  };
  const CertificateAuthority authority = CertificateAuthority::create(site, now, random);
  TRY(write(kCaKeyFile, authority.key_pem()));
  TRY(write(kCaFile, certificate_pem(authority.certificate())));
  TRY(write(kSealingFile, random.bytes(kSealingKeySize)));
  TRY(write(kPolicyFile, Ed25519Key::generate(random).pem()));
  return write(kVersionsFile, {});
}

Result<Signer> Signer::open(const std::filesystem::path& folder, Random& random) {
  os::Fd lock = TRY(os::lock_file(folder / "lock"));
  Ed25519Key policy = TRY_IN(Ed25519Key::from_pem(TRY(os::read_file(folder / kPolicyFile))), "{}",
                             (folder / kPolicyFile).string());
  CertificateAuthority authority =
      TRY_IN(CertificateAuthority::load(TRY(os::read_file(folder / kCaFile)),
                                        TRY(os::read_file(folder / kCaKeyFile))),
             "{}", (folder / kCaFile).string());
  SealingKey sealing = TRY_IN(SealingKey::from_bytes(TRY(os::read_file(folder / kSealingFile))),
                              "{}", (folder / kSealingFile).string());
  VersionLog versions = TRY(VersionLog::open(folder / kVersionsFile));
  return Signer(std::move(lock), std::move(policy), std::move(authority), std::move(sealing),
                std::move(versions), random);
}

std::vector<signer::Answer> Signer::handle(std::span<const signer::Request> requests,
                                           Timestamp now) {
  std::vector<Answered> decided;
  decided.reserve(requests.size());
  for (const signer::Request& request : requests) decided.push_back(decide(request, now));
  const Result<void> durable = versions_.commit();

  std::vector<signer::Answer> answers;
  answers.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    // A signature whose version is not remembered leaves this process never.
    if (decided[i] && !durable && needs_memory(requests[i]))
      decided[i] = fail(Error(durable.error()));
    log_request(requests[i], decided[i]);
    answers.push_back(decided[i] ? *std::move(decided[i]) : refused(decided[i].error()));
  }
  return answers;
}

Signer::Answered Signer::decide(const signer::Request& request, Timestamp now) {
  return std::visit([&](const auto& asked) { return answer(asked, now); }, request);
}

Signer::Answered Signer::answer(const signer::Public&, Timestamp) {
  return signer::PublicKeys{policy_.public_key().raw(), certificate_pem(authority_.certificate()),
                            versions_.last("snapshot").version,
                            versions_.last("timestamp").version};
}

Signer::Answered Signer::answer(const signer::SignPolicyHeader& request, Timestamp now) {
  const contract::PolicyHeader header = TRY(contract::decode_policy_header(request.payload));
  if (header.device != request.device || header.epoch != request.epoch ||
      header.version != request.version)
    return fail(kSignerRefused, "the header is {} {}.{}, the request {} {}.{}",
                header.device.text(), header.epoch, header.version, request.device.text(),
                request.epoch, request.version);
  TRY(check_lifetime("the header", header.expires, now, kHeaderLifetime));
  // Clients never count a time as earlier than what was signed for them.
  if (header.issued > now + kClockAllowance)
    return fail(kSignerRefused, "the header is issued at {}, now is {}", to_text(header.issued),
                to_text(now));
  const std::string name = "device:" + request.device.text();
  const SignedVersion asked{request.epoch, request.version};
  if (const SignedVersion last = versions_.last(name); asked < last)
    return fail(kRolledBack, "header {}.{} of device {}, {}.{} was signed", asked.epoch,
                asked.version, request.device.text(), last.epoch, last.version);
  versions_.note(name, asked);
  return signer::Document{sign_document(SignedType::PolicyHeader, request.payload, policy_)};
}

Signer::Answered Signer::answer(const signer::SignDocument& request, Timestamp now) {
  // What no client would read is not signed.
  if (request.payload.size() > contract::kSignedDocumentLimit - kFrameRoom)
    return fail(kSignerRefused, "a {} of {} bytes, the limit is {}",
                contract::to_text(request.type), request.payload.size(),
                contract::kSignedDocumentLimit - kFrameRoom);
  TRY(check_payload(request.type, request.payload, now));
  return signer::Document{sign_document(request.type, request.payload, policy_)};
}

Signer::Answered Signer::answer(const signer::SignCatalogue& request, Timestamp now) {
  const std::string_view role = contract::to_text(request.role);
  const CatalogueFacts facts = TRY(read_part(request.role, request.canonical));
  if (facts.version != request.version)
    return fail(kSignerRefused, "the {} is of version {}, the request of {}", role, facts.version,
                request.version);
  TRY(check_lifetime(role, facts.expires, now, kFreshnessLifetime));
  if (const SignedVersion last = versions_.last(role); request.version <= last.version)
    return fail(kRolledBack, "{} version {}, {} was signed", role, request.version, last.version);
  versions_.note(role, {0, request.version});
  const contract::CatalogueSignature signature = sign_catalogue(request.canonical, policy_);
  return signer::CatalogueSigned{signature.key_id, signature.signature};
}

Signer::Answered Signer::answer(const signer::Issue& request, Timestamp now) {
  const CertificateRequest asked = TRY(parse_request(request.request));
  const LeafNames names{request.profile, request.name, request.dns_names, request.ip_addresses};
  return signer::Issued{TRY(authority_.issue(asked.key, names, now, *random_)).der};
}

Signer::Answered Signer::answer(const signer::Seal& request, Timestamp) {
  TRY(check_purpose(request.purpose));
  if (request.plaintext.size() > kSecretLimit)
    return fail(kSignerRefused, "a secret of {} bytes, the limit is {}", request.plaintext.size(),
                kSecretLimit);
  return signer::Sealed{sealing_.seal(request.plaintext, request.purpose, *random_)};
}

Signer::Answered Signer::answer(const signer::Unseal& request, Timestamp) {
  TRY(check_purpose(request.purpose));
  return signer::Unsealed{TRY(sealing_.unseal(request.sealed, request.purpose))};
}

}  // namespace muster::trust
