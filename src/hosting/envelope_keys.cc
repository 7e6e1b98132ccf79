#include "hosting/envelope_keys.h"

#include <algorithm>

#include "hosting/errors.h"

namespace muster::hosting {
namespace {

// The one in use, the one before, and one more, so that "expired" is told and not "unknown".
constexpr std::size_t kKeptKeys = 3;

}  // namespace

contract::EnvelopeKeyDocument EnvelopeKeys::current(const model::SiteCode& site, Duration life,
                                                    Timestamp now, Random& random) {
  const std::lock_guard lock(mutex_);
  // A clock that was put back must not keep a key in use for longer either.
  const bool fresh =
      !keys_.empty() && now >= keys_.front().issued && now < keys_.front().issued + life / 2;
  if (!fresh) {
    auto key = std::make_shared<const trust::X25519Key>(trust::X25519Key::generate(random));
    std::string id = contract::envelope_key_id(key->public_raw());
    keys_.push_front({std::move(id), std::move(key), now, now + life});
    if (keys_.size() > kKeptKeys) keys_.pop_back();
  }
  const Key& newest = keys_.front();
  contract::EnvelopeKeyDocument document{site};
  document.public_key = newest.key->public_raw();
  document.issued = newest.issued;
  document.expires = newest.expires;
  return document;
}

Result<std::shared_ptr<const trust::X25519Key>> EnvelopeKeys::find(std::string_view key_id,
                                                                   Timestamp now) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(keys_, key_id, &Key::id);
  if (found == keys_.end()) return fail(kUnknownEnvelopeKey, "key {}", key_id);
  if (now >= found->expires)
    return fail(kEnvelopeKeyExpired, "key {} expired at {}", key_id, to_text(found->expires));
  return found->key;
}

EnvelopeKeys::Taken EnvelopeKeys::take_number(const model::DeviceId& device, std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto [found, added] = last_.try_emplace(Bytes(device.bytes()), number);
  if (!added && number <= found->second) return {false, found->second};
  found->second = number;
  return {true, number};
}

}  // namespace muster::hosting
