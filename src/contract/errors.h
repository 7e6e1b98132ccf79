// The failures of contract/: numbers 1400 to 1499.
#pragma once

#include "base/result.h"

namespace muster::contract {

inline constexpr ErrorKind kSignedDocumentMalformed{
    1400, "signed-document-malformed", "Send the document as the signer framed it, unaltered"};
inline constexpr ErrorKind kSignedDocumentTooLarge{
    1401, "signed-document-too-large", "Split the document below the limit of the text"};
inline constexpr ErrorKind kEnvelopeMalformed{
    1402, "envelope-malformed", "Send the message as docs/protocols/envelope.md says"};
inline constexpr ErrorKind kEnvelopeTooLarge{1403, "envelope-too-large",
                                             "Send less in one message: the text names the limit"};
inline constexpr ErrorKind kCatalogueMalformed{
    1404, "catalogue-malformed", "Sign the document again with the console of this version"};
inline constexpr ErrorKind kManifestMalformed{1405, "manifest-malformed",
                                              "Apply the package again to write its manifest anew"};
inline constexpr ErrorKind kTokenForm{
    1406, "token-form", "Copy the whole enrolment token, from MT1. to its last character"};
inline constexpr ErrorKind kTokenVersion{1407, "token-version",
                                         "Use a token of this version, or update this program"};
inline constexpr ErrorKind kTokenChecksum{
    1408, "token-checksum", "A character of the token is wrong; copy it instead of typing it"};
inline constexpr ErrorKind kSignerProtocol{
    1409, "signer-protocol", "Run muster-signer and the other daemons in the same version"};
inline constexpr ErrorKind kSignerFrame{
    1410, "signer-frame", "Send fewer requests in one frame: the text names the limit"};
inline constexpr ErrorKind kSealedMalformed{1411, "sealed-malformed",
                                            "Send the request as docs/protocols/sealed.md says"};
inline constexpr ErrorKind kSealedTooLarge{1412, "sealed-too-large",
                                           "Send less in one request: the text names the limit"};

}  // namespace muster::contract
