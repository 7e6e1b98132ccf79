// An Internet address as the domain compares it: boundaries, locations, inventory.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace muster::model {

// Orders all IPv4 addresses before all of IPv6, each by value.
class IpAddress {
 public:
  // "10.1.0.5" or "2001:db8::1", without a zone. An IPv4 address that is mapped into IPv6 becomes
  // IPv4. Error: kBadAddress.
  static Result<IpAddress> parse(std::string_view text);
  // 4 or 16 bytes in network order (MUSTER_CHECK).
  static IpAddress from_bytes(ByteView bytes);

  bool is_v6() const { return bytes_.size() == 16; }
  unsigned bits() const { return static_cast<unsigned>(bytes_.size()) * 8; }
  const Bytes& bytes() const { return bytes_; }
  // IPv6 by RFC 5952.
  std::string text() const;

  // The first and the last address of the network of that prefix length.
  IpAddress first_of(unsigned prefix_length) const;
  IpAddress last_of(unsigned prefix_length) const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b);

 private:
  explicit IpAddress(Bytes bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes_;
};

}  // namespace muster::model
