// Asks the other end of a leg of the table whether it answers, and says how it does not.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "topology/legs.h"
#include "trust/certificate.h"

namespace muster::console {

struct LegProbe {
  const topology::Leg* leg;
  std::string host;  // a name or an address
  std::uint16_t port;
};

// Refused: the host answers that nothing listens there, or a firewall says so. Dropped: no answer
// at all. Unreachable: no way there, or no address. Tls: no TLS is spoken there. WrongPeer:
// somebody answers who is not of the site, or does not speak the leg's protocol.
enum class LegState { Answers, Refused, Dropped, Unreachable, Tls, WrongPeer };
std::string_view to_text(LegState state);  // "answers", "refused", "dropped", ..., "wrong peer"

struct LegAnswer {
  LegState state = LegState::Answers;
  std::optional<Error> why{};                       // it does not
  std::optional<trust::Certificate> certificate{};  // that an HTTPS server of the site showed
};

// A leg over TCP with a port. A server of an HTTPS leg has to be of the site whose CA's hash this
// is; where none is known, any TLS will do. Of other protocols than HTTP and HTTPS it is a
// connection that is asked for.
LegAnswer probe_leg(const LegProbe& probe, const std::optional<Bytes>& ca_sha256,
                    const Clock& clock);

}  // namespace muster::console
