// The failures of hosting/: numbers 1900 to 1999.
#pragma once

#include "base/result.h"

namespace muster::hosting {

inline constexpr ErrorKind kNoRoute{1900, "no-route", "api/openapi.yaml lists the routes"};
inline constexpr ErrorKind kRefused{
    1901, "refused",
    "Use a certificate of this site that the route allows and that is not revoked"};
inline constexpr ErrorKind kBadConfiguration{1902, "bad-configuration",
                                             "Correct the configuration file where the text says"};
inline constexpr ErrorKind kSignerAnswer{
    1903, "signer-answer", "Start muster-signer; its log names the request and the cause"};
inline constexpr ErrorKind kNotReady{1904, "not-ready", "Wait; the site is still starting"};
inline constexpr ErrorKind kMissingHandler{
    1905, "missing-handler", "Give a handler for each connection that the role listens on"};
inline constexpr ErrorKind kMethodRefused{1906, "method-refused",
                                          "Use a method that the Allow header names"};
inline constexpr ErrorKind kNoDocument{1907, "no-document",
                                       "Ask for a document that docs/protocols/location.md lists"};
inline constexpr ErrorKind kUnknownEnvelopeKey{
    1910, "unknown-envelope-key", "Fetch /public/envelope-key again and seal to the key it names"};
inline constexpr ErrorKind kEnvelopeKeyExpired{
    1911, "envelope-key-expired", "Fetch /public/envelope-key again and seal to the key it names"};
inline constexpr ErrorKind kSealedReplayed{
    1912, "sealed-replayed", "Send the request anew with a higher number; look who shows old ones"};
inline constexpr ErrorKind kSealedNested{1913, "sealed-nested",
                                         "Seal a request once; name the path that it is for"};
inline constexpr ErrorKind kTooManySealed{1914, "too-many-sealed",
                                          "Wait as Retry-After says; HTTPS has no such limit"};
inline constexpr ErrorKind kPasswordUnreadable{
    1915, "password-unreadable",
    "Put the password, one line, into a file with mode 0600 that belongs to muster's user or root"};
inline constexpr ErrorKind kSiteElsewhere{1916, "site-elsewhere",
                                          "Run: muster database move. Or correct database.url"};
inline constexpr ErrorKind kHeldTwice{
    1917, "held-twice",
    "Nothing, if the connection before was lost; else two machines have this identity"};
inline constexpr ErrorKind kTooFast{
    1918, "too-fast", "Wait as Retry-After says; if it goes on, look at what this client asks"};
inline constexpr ErrorKind kBusy{1919, "busy", "Wait as Retry-After says"};
inline constexpr ErrorKind kTooManyAtOnce{1920, "too-many-at-once",
                                          "Wait for the answers to the requests before"};

// A server of the site's own (database_provision.h).
inline constexpr ErrorKind kNotRoot{1921, "not-root",
                                    "Run it as root: sudo muster database provision"};
inline constexpr ErrorKind kNoServerPackage{1922, "no-server-package",
                                            "Run: apt-get install postgresql-15"};
inline constexpr ErrorKind kForeignCluster{
    1923, "foreign-cluster",
    "Look whose it is with pg_lsclusters; pg_renamecluster gives it another name, and "
    "pg_dropcluster removes it with all its data"};
inline constexpr ErrorKind kPortTaken{
    1924, "port-taken", "Look with ss -ltnp who listens there and stop it, or give another --port"};
inline constexpr ErrorKind kLittleDisk{1925, "little-disk",
                                       "Free space there, or name another folder with --data"};
inline constexpr ErrorKind kOtherServer{
    1926, "other-server",
    "Keep that server, or take database.url out of the configuration and run it again"};
inline constexpr ErrorKind kClusterFailed{
    1927, "cluster-failed",
    "Mend what PostgreSQL's own words name, then run it again: what was done is kept"};

inline constexpr ErrorKind kLogUnreadable{1908, "log-read-failed",
                                          "Name a log file that is there and that you may read"};

}  // namespace muster::hosting
