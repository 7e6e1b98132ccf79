#include "hosting/policy_shelf.h"

#include <mutex>

namespace muster::hosting {

void PolicyShelf::put_header(std::string_view device, std::shared_ptr<const ShelvedHeader> header) {
  const std::unique_lock lock(mutex_);
  if (header) {
    headers_.insert_or_assign(std::string(device), std::move(header));
  } else {
    headers_.erase(std::string(device));
  }
}

std::shared_ptr<const ShelvedHeader> PolicyShelf::header(std::string_view device) const {
  const std::shared_lock lock(mutex_);
  const auto found = headers_.find(device);
  return found == headers_.end() ? nullptr : found->second;
}

void PolicyShelf::put_body(std::string_view sha256, std::shared_ptr<const Bytes> document) {
  const std::unique_lock lock(mutex_);
  bodies_.insert_or_assign(std::string(sha256), std::move(document));
}

void PolicyShelf::drop_body(std::string_view sha256) {
  const std::unique_lock lock(mutex_);
  if (const auto found = bodies_.find(sha256); found != bodies_.end()) bodies_.erase(found);
}

std::shared_ptr<const Bytes> PolicyShelf::body(std::string_view sha256) const {
  const std::shared_lock lock(mutex_);
  const auto found = bodies_.find(sha256);
  return found == bodies_.end() ? nullptr : found->second;
}

void PolicyShelf::put_site_time(std::string_view document) {
  auto encoded = std::make_shared<const std::string>(to_base64(document));
  const std::unique_lock lock(mutex_);
  site_time_ = std::move(encoded);
}

void PolicyShelf::put_public(std::string_view name, Bytes document) {
  auto shared = std::make_shared<const Bytes>(std::move(document));
  const std::unique_lock lock(mutex_);
  public_.insert_or_assign(std::string(name), std::move(shared));
}

std::shared_ptr<const Bytes> PolicyShelf::public_document(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = public_.find(name);
  return found == public_.end() ? nullptr : found->second;
}

std::shared_ptr<const std::string> PolicyShelf::site_time() const {
  const std::shared_lock lock(mutex_);
  return site_time_;
}

}  // namespace muster::hosting
