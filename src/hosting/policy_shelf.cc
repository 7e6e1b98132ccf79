#include "hosting/policy_shelf.h"

#include <algorithm>
#include <mutex>

namespace muster::hosting {
namespace {

bool names(const ShelvedHeader& header, std::string_view body) {
  return std::ranges::find(header.bodies, body) != header.bodies.end();
}

}  // namespace

void PolicyShelf::put_header(std::string_view device, std::shared_ptr<const ShelvedHeader> header,
                             Timestamp now) {
  const std::string key(device);
  const std::unique_lock lock(mutex_);
  former_.erase(key);
  if (!header) {
    headers_.erase(key);
    return;
  }
  auto& place = headers_[key];
  std::vector<std::string> gone;
  if (place)
    for (const std::string& body : place->bodies)
      if (!names(*header, body)) gone.push_back(body);
  place = std::move(header);
  if (!gone.empty()) former_.emplace(key, Former{std::move(gone), now + kFormerBodiesTime});
}

void PolicyShelf::forget_former(Timestamp now) {
  const std::unique_lock lock(mutex_);
  std::erase_if(former_, [&](const auto& each) { return now >= each.second.until; });
}

bool PolicyShelf::may_fetch(std::string_view device, std::string_view sha256, Timestamp now) const {
  const auto header = headers_.find(device);
  if (header == headers_.end()) return false;
  if (names(*header->second, sha256)) return true;
  const auto former = former_.find(device);
  // A clock that was set back is no reason to serve it for longer.
  return former != former_.end() && now < former->second.until &&
         former->second.until - now <= kFormerBodiesTime &&
         std::ranges::find(former->second.bodies, sha256) != former->second.bodies.end();
}

std::vector<std::shared_ptr<const Bytes>> PolicyShelf::bodies_for(
    std::string_view device, std::span<const std::string_view> bodies, Timestamp now) const {
  std::vector<std::shared_ptr<const Bytes>> out;
  out.reserve(bodies.size());
  const std::shared_lock lock(mutex_);
  for (const std::string_view sha256 : bodies) {
    const auto found = may_fetch(device, sha256, now) ? bodies_.find(sha256) : bodies_.end();
    if (found == bodies_.end()) break;
    out.push_back(found->second);
  }
  return out;
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
