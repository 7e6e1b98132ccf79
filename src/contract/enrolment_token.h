// The enrolment token that an operator hands to a new client: a secret, and the fingerprints of
// the site's CA and catalogue root. docs/protocols/enrolment.md.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace muster::contract {

struct EnrolmentToken {
  // 24 random bytes. The server stores only sha256 of it.
  Bytes secret;
  // SHA-256 of the CA certificate's DER, 32 bytes.
  Bytes ca_sha256;
  // SHA-256 of the bytes of 1.root.json, 32 bytes.
  Bytes root_sha256;

  // What is sent as HTTP Basic password: base64url of the secret.
  std::string password() const;
};

EnrolmentToken make_enrolment_token(Random& random, ByteView ca_sha256, ByteView root_sha256);

// "MT1.SECRET.CA.ROOT.CHECK".
std::string to_text(const EnrolmentToken& token);

// Errors: kTokenVersion, kTokenForm, kTokenChecksum; none of them repeats the token.
Result<EnrolmentToken> parse_enrolment_token(std::string_view text);

// The 24 bytes of a received password. Error: kTokenForm.
Result<Bytes> parse_enrolment_password(std::string_view text);

}  // namespace muster::contract
