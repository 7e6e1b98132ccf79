// Who this client is: its device id, its key, its certificate and what it knows of its site.
// All in one private folder, each file replaced whole.
#pragma once

#include <filesystem>
#include <optional>

#include "base/random.h"
#include "model/ids.h"
#include "trust/certificate.h"
#include "trust/keys.h"

namespace muster::client {

struct Identity {
  model::DeviceId device;
  trust::EcdsaKey key;
  std::optional<trust::Certificate> certificate;  // nothing before enrolment
};

class IdentityStore {
 public:
  explicit IdentityStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Makes device id and key at first start, durably, before they are shown to anybody.
  Result<Identity> load_or_create(Random& random) const;
  // Nothing before the first start.
  Result<std::optional<Identity>> load() const;
  // A new key takes effect together with its certificate or not at all.
  Result<void> save(const trust::EcdsaKey& key, const trust::Certificate& leaf,
                    const trust::Certificate& ca) const;

 private:
  Result<Identity> read() const;
  std::filesystem::path folder_;
};

}  // namespace muster::client
