// Certificates that the site issued, and what it revoked.
#pragma once

#include "model/ids.h"
#include "store/database.h"

namespace muster::store {

struct Certificate {
  Bytes sha256;  // of `der`
  model::DeviceId device;
  Bytes der;
  Timestamp issued;
  Timestamp not_after;
};

// The same certificate twice is one. Error: kConflict when it is another device's.
Result<void> add_certificate(Transaction& transaction, const Certificate& certificate);
Result<std::optional<Certificate>> find_certificate(Reader& reader, ByteView sha256);
// Latest first.
Result<std::vector<Certificate>> certificates_of(Reader& reader, const model::DeviceId& device);
// Forgets those that ended before `moment`; returns how many.
Result<std::int64_t> remove_certificates(Transaction& transaction, Timestamp moment);

// One certificate by the SHA-256 of its DER, or every certificate of an operator by name. A device
// is let in or kept out by its own state.
struct Revocation {
  std::int64_t number;  // rises: a reader asks for those after the last one it has seen
  std::optional<Bytes> certificate;
  std::optional<std::string> operator_name;
  Timestamp at;
  std::string reason;
};

// Revoking twice keeps the first.
Result<void> revoke_certificate(Transaction& transaction, ByteView sha256, Timestamp not_after,
                                std::string_view reason, Timestamp now);
Result<void> revoke_operator(Transaction& transaction, std::string_view name,
                             std::string_view reason, Timestamp now);
// Lets an operator in again; false when he was not revoked.
Result<bool> lift_revocation(Transaction& transaction, std::string_view operator_name);
Result<std::vector<Revocation>> revocations_after(Reader& reader, std::int64_t number,
                                                  std::int64_t limit);
// The SHA-256 of revoked certificates, the newest revocation first; those that ended before `ended`
// are left out. A certificate whose end is not known counts as good.
Result<std::vector<Bytes>> revoked_certificates(Reader& reader, Timestamp ended,
                                                std::int64_t limit);

}  // namespace muster::store
