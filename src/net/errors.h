// The failures of net/: numbers 1200 to 1299.
#pragma once

#include "base/result.h"

namespace muster::net {

inline constexpr ErrorKind kBadUrl{1200, "bad-url",
                                   "Write addresses as http://HOST[:PORT]/PATH or https://..."};
inline constexpr ErrorKind kListenFailed{
    1201, "listen-failed", "Free the address and port, or choose others in the configuration"};
inline constexpr ErrorKind kConnectFailed{
    1202, "connect-failed", "Check that the peer runs and that name, route and firewall allow it"};
inline constexpr ErrorKind kDeadlinePassed{
    1203, "deadline-passed", "The peer is slow or gone; try again later or raise the time allowed"};
inline constexpr ErrorKind kConnectionLost{1204, "connection-lost",
                                           "The peer closed the connection; try again"};
inline constexpr ErrorKind kTlsFailed{1205, "tls-failed",
                                      "Check both ends' TLS versions, certificates and clocks"};
inline constexpr ErrorKind kBadCertificate{
    1206, "bad-certificate", "Give PEM text with a certificate chain and its own private key"};
inline constexpr ErrorKind kUntrustedPeer{
    1207, "untrusted-peer", "Check the peer's certificate, its name and the trusted authorities"};
inline constexpr ErrorKind kBadHttp{1208, "bad-http",
                                    "The peer does not speak HTTP/1.1 as RFC 9112 has it"};
inline constexpr ErrorKind kMessageTooLarge{1209, "message-too-large",
                                            "Send less, or raise the limit that the text names"};
inline constexpr ErrorKind kProxyRefused{
    1210, "proxy-refused", "Check the proxy's address, its rules and the credentials for it"};
inline constexpr ErrorKind kSocketFailed{
    1211, "socket-failed", "The system refused a socket operation; look at the cause in the text"};
inline constexpr ErrorKind kPeerRefused{
    1212, "peer-refused", "The peer does not serve this user; run the program as its own user"};
inline constexpr ErrorKind kStopped{1214, "stopped", "Nothing is to do: the program ends"};
inline constexpr ErrorKind kBadRequest{
    1213, "bad-request", "The request itself is malformed; correct the part that the text names"};

}  // namespace muster::net
