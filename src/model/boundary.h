// A boundary: the addresses whose clients belong to the site that owns it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.h"
#include "model/ip_address.h"

namespace muster::model {

enum class BoundaryForm { Subnet, Range, Ipv6Prefix };
std::string_view to_text(BoundaryForm form);  // "subnet", "range", "ipv6Prefix"

// Slow: also unreliable. Kept, without effect yet.
enum class BoundarySpeed { Fast, Slow };
std::string_view to_text(BoundarySpeed speed);
std::optional<BoundarySpeed> parse_boundary_speed(std::string_view text);

struct Boundary {
  std::string name;
  BoundaryForm form;
  IpAddress first;
  IpAddress last;
  BoundarySpeed speed = BoundarySpeed::Fast;

  // As it is written in a file: "10.1.0.0/16", "10.1.0.5-10.1.0.99", "2001:db8::/48".
  std::string area() const;
  friend bool operator==(const Boundary&, const Boundary&) = default;
};

// The addresses that `text` names in that form: an IPv4 network, two addresses of one family in
// order, an IPv6 network. Networks have no host bits set. Error: kBadBoundary.
Result<Boundary> make_boundary(std::string name, BoundaryForm form, std::string_view text);

// "boundary NAME (AREA)".
std::string full_name(const Boundary& boundary);
bool overlap(const Boundary& a, const Boundary& b);

// Which boundary holds an address. Boundaries that overlap are refused when they are applied, so
// at most one does; should two do all the same, the one that starts later is the narrower.
class BoundaryMap {
 public:
  struct Entry {
    Boundary boundary;
    SiteCode site;  // that owns it
  };
  BoundaryMap() = default;
  explicit BoundaryMap(std::vector<Entry> entries);
  // Null where there is none. Lives as long as the map.
  const Entry* find(const IpAddress& address) const;
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<Entry> entries_;  // by first address
};

}  // namespace muster::model
