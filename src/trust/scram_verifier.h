// What a PostgreSQL server keeps of a password (RFC 5803, as PostgreSQL 10 and newer write it).
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/random.h"

namespace muster::trust {

// "SCRAM-SHA-256$4096:SALT$STORED:SERVER". A server takes it in the place of the password, which
// then is in no statement that it could log. `password` is ASCII: SASLprep would leave it as it is.
std::string make_scram_verifier(ByteView password, Random& random);

// Whether the verifier is this password's; false for text that is no verifier.
bool is_scram_verifier_of(std::string_view verifier, ByteView password);

}  // namespace muster::trust
