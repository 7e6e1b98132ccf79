// How devices come in: one-time tokens, and requests that wait for an operator.
#pragma once

#include "model/ids.h"
#include "store/database.h"

namespace muster::store {

// The site keeps the hash of a token's secret only.
struct EnrolmentToken {
  Bytes secret_sha256;
  Timestamp created;
  std::string created_by;
  Timestamp expires;
  std::optional<Timestamp> used_at;
  std::optional<model::DeviceId> used_by;
  std::optional<Bytes> used_key;  // SHA-256 of the public key that it was used with
};

// Error: kConstraint when the same secret is there already.
Result<void> add_enrolment_token(Transaction& transaction, const EnrolmentToken& token);
enum class TokenUse { First, Repeated };
// Uses the token up, whoever comes first. The same device may present it again with the same key
// while it is not expired, since an answer can be lost. Error: kTokenRefused, with no word on why.
Result<TokenUse> use_enrolment_token(Transaction& transaction, ByteView secret,
                                     const model::DeviceId& device, ByteView key_sha256,
                                     Timestamp now);
// In order of creation.
Result<std::vector<EnrolmentToken>> list_enrolment_tokens(Reader& reader);
Result<bool> remove_enrolment_token(Transaction& transaction, ByteView secret_sha256);
// Forgets those that expired before `moment`; returns how many.
Result<std::int64_t> remove_expired_tokens(Transaction& transaction, Timestamp moment);

struct PendingEnrolment {
  model::DeviceId device;
  std::string name;
  Bytes request;     // the certificate request as it came
  Bytes key_sha256;  // of its public key
  std::string address;
  Timestamp at;
};

// How many may wait at once: of all, and of one address, so that nobody takes all places.
struct PendingLimits {
  std::int64_t all = 0;
  std::int64_t of_address = 0;
};
// A later request of the same device with the same key replaces the earlier one; with another
// key it is kConflict, and the earlier one stays. A new device beyond a limit is kConflict too:
// anybody can ask, so the table must not grow without a bound.
Result<void> add_pending_enrolment(Transaction& transaction, const PendingEnrolment& pending,
                                   PendingLimits limits);
Result<std::optional<PendingEnrolment>> find_pending_enrolment(Reader& reader,
                                                               const model::DeviceId& device);
// Oldest first.
Result<std::vector<PendingEnrolment>> list_pending_enrolments(Reader& reader, std::int64_t limit);
Result<std::int64_t> count_pending_enrolments(Reader& reader);
Result<bool> remove_pending_enrolment(Transaction& transaction, const model::DeviceId& device);
Result<std::int64_t> remove_pending_enrolments(Transaction& transaction, Timestamp before);

}  // namespace muster::store
