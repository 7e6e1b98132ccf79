// The failures of trust/: numbers 1500 to 1599.
#pragma once

#include "base/result.h"

namespace muster::trust {

inline constexpr ErrorKind kBadKey{1500, "bad-key",
                                   "Use an Ed25519, P-256 or RSA key as the text says"};
inline constexpr ErrorKind kBadSignature{
    1501, "bad-signature", "The document was altered or is of another site; fetch it again"};
inline constexpr ErrorKind kUnknownKey{1502, "unknown-key",
                                       "Check that the document comes from this site"};
inline constexpr ErrorKind kWrongDocumentType{1503, "wrong-document-type",
                                              "Ask for the document by its own address"};
inline constexpr ErrorKind kWrongDevice{1504, "wrong-device",
                                        "Check for a cloned disk: this policy is another device's"};
inline constexpr ErrorKind kRolledBack{
    1505, "rolled-back", "An older document was served; check the server's backup and clock"};
inline constexpr ErrorKind kExpired{1506, "expired",
                                    "Sign the document again, and check this machine's clock"};
inline constexpr ErrorKind kWrongHash{1507, "wrong-hash",
                                      "The bytes are not those that were named; fetch them again"};
inline constexpr ErrorKind kWrongPackage{
    1508, "wrong-package", "Apply the package again: its document describes another package"};
inline constexpr ErrorKind kSignerNotOperator{1509, "signer-not-operator",
                                              "Have a present operator apply the package again"};
inline constexpr ErrorKind kThreshold{1510, "threshold",
                                      "Collect the signatures that the role's threshold asks for"};
inline constexpr ErrorKind kWrongVersion{1511, "wrong-version",
                                         "Fetch the documents one after the other, by version"};
inline constexpr ErrorKind kWrongRoot{
    1512, "wrong-root", "Check the token: this is not the catalogue root that it names"};
inline constexpr ErrorKind kWrongObject{1513, "wrong-object",
                                        "Apply the object again: its document is of another one"};

inline constexpr ErrorKind kBadCertificate{1520, "bad-certificate",
                                           "Use a certificate as the text says"};
inline constexpr ErrorKind kWrongIssuer{1521, "wrong-issuer",
                                        "Use a certificate that this site's CA issued"};
inline constexpr ErrorKind kBadRequest{1522, "bad-request",
                                       "Make the certificate request again, as the text says"};
inline constexpr ErrorKind kProfileRefused{
    1523, "profile-refused", "Ask for a certificate of the profile and with names it allows"};
inline constexpr ErrorKind kNoIdentity{1524, "no-identity",
                                       "Use a certificate that muster issued for one identity"};
inline constexpr ErrorKind kBadEstBody{1525, "bad-est-body",
                                       "Send the body in base64 as RFC 7030 says"};
inline constexpr ErrorKind kWrongCertificate{
    1526, "wrong-certificate", "Sign with the key of the certificate that the message names"};

inline constexpr ErrorKind kSignerRefused{1530, "signer-refused",
                                          "The signer's log names the rule; correct the request"};
inline constexpr ErrorKind kSignerState{
    1531, "signer-state", "Restore the signer's folder from its backup; never delete its versions"};
inline constexpr ErrorKind kUnsealFailed{
    1532, "unseal-failed", "Enter the secret again: it was sealed with another key or purpose"};
inline constexpr ErrorKind kNotOpened{
    1533, "not-opened", "Ask for the site's envelope key again and seal to that one, unaltered"};
inline constexpr ErrorKind kWrongExchange{
    1534, "wrong-exchange",
    "Nothing is to do: it belongs to another exchange; look who mixes them"};
inline constexpr ErrorKind kOperatorUnknown{1540, "operator-unknown",
                                            "Use the name of an operator of this site"};
inline constexpr ErrorKind kOperatorExists{1541, "operator-exists",
                                           "Choose a name that no operator of this site has"};

}  // namespace muster::trust
