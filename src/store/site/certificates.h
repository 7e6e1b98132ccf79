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

// Either a device with all its certificates, or one certificate by its serial number (hex).
struct Revocation {
  std::int64_t number;  // rises: a reader asks for those after the last one it has seen
  std::optional<model::DeviceId> device;
  std::optional<std::string> serial;
  Timestamp at;
  std::string reason;
};

// Revoking twice keeps the first.
Result<void> revoke_device(Transaction& transaction, const model::DeviceId& device,
                           std::string_view reason, Timestamp now);
Result<void> revoke_serial(Transaction& transaction, std::string_view serial,
                           std::string_view reason, Timestamp now);
// Lets a device in again that was revoked by mistake; false when it was not revoked.
Result<bool> lift_revocation(Transaction& transaction, const model::DeviceId& device);
Result<bool> is_revoked(Reader& reader, const model::DeviceId& device, std::string_view serial);
Result<std::vector<Revocation>> revocations_after(Reader& reader, std::int64_t number,
                                                  std::int64_t limit);

}  // namespace muster::store
