// How a client finds its site: the question to a server locator point (connection 18) and the
// payload of its signed answer. docs/protocols/location.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/ip_address.h"

namespace muster::contract {

inline constexpr std::size_t kNonceBytes = 16;
inline constexpr std::size_t kMostAddresses = 16;
inline constexpr std::size_t kMostPoints = 16;

struct LocatorQuestion {
  Bytes nonce;                                // 16 random bytes: no older answer has them
  std::vector<model::IpAddress> addresses{};  // the client's own, at most 16
  std::optional<model::SiteCode> site{};      // set: where is that site; else which site is mine
};

inline constexpr std::string_view kLocatorPath = "/locator/site";

// "nonce=HEX&addresses=10.1.0.5,2001:db8::5&site=P01": no value needs escapes.
std::string encode_locator_query(const LocatorQuestion& question);
// Strict: each key once, none beside these. Errors: kBadMember, kTooMuch; those of the values.
Result<LocatorQuestion> decode_locator_query(std::string_view query);

enum class LocatorOutcome { Found, NoBoundary, UnknownSite };
std::string_view to_text(LocatorOutcome outcome);  // "found", "no-boundary", "unknown-site"

// Repeats the question, so that it answers no other one.
struct LocatorAnswer {
  LocatorQuestion question;
  Timestamp issued;
  model::IpAddress seen;  // the connection's own address
  LocatorOutcome outcome = LocatorOutcome::NoBoundary;
  // Of Found alone: the site, its version, and "https://host:port" of its management points.
  std::optional<model::SiteCode> site{};
  std::optional<model::IpAddress> matched{};  // the address that a boundary holds
  std::string site_version{};
  std::vector<std::string> management_points{};
};
Bytes encode_locator_answer(const LocatorAnswer& answer);
Result<LocatorAnswer> decode_locator_answer(ByteView payload);

}  // namespace muster::contract
