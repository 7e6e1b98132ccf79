#include "hosting/access.h"

namespace muster::hosting {

void AccessList::set_device(std::string_view id, Admission admission) {
  const std::unique_lock lock(mutex_);
  if (admission == Admission::Unknown) {
    devices_.erase(std::string(id));
  } else {
    devices_.insert_or_assign(std::string(id), admission);
  }
}

Admission AccessList::device(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = devices_.find(id);
  return found == devices_.end() ? Admission::Unknown : found->second;
}

void AccessList::revoke_operator(std::string_view name) {
  const std::unique_lock lock(mutex_);
  operators_.emplace(name);
}

void AccessList::admit_operator(std::string_view name) {
  const std::unique_lock lock(mutex_);
  operators_.erase(std::string(name));
}

void AccessList::revoke_certificate(std::string_view sha256) {
  const std::unique_lock lock(mutex_);
  certificates_.emplace(sha256);
}

bool AccessList::operator_revoked(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return operators_.contains(name);
}

bool AccessList::certificate_revoked(std::string_view sha256) const {
  const std::shared_lock lock(mutex_);
  return certificates_.contains(sha256);
}

}  // namespace muster::hosting
