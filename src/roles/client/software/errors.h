// The failures of executing deployments: numbers 2420 to 2459.
#pragma once

#include "base/result.h"

namespace muster::client {

inline constexpr ErrorKind kBadDeployment{
    2420, "bad-deployment", "Correct the program or the file list, and sign the package again"};
inline constexpr ErrorKind kNeedsRoot{
    2421, "needs-root",
    "Start this machine's muster-client as root, or let the program run as the user"};
inline constexpr ErrorKind kPolicyExpired{
    2422, "policy-expired",
    "Nothing new is started until the client reaches a management point; check connection 17"};
inline constexpr ErrorKind kContentChanged{
    2423, "content-changed",
    "The content is fetched again; if it stays so, distribute the package again to its points"};
inline constexpr ErrorKind kContentMissing{
    2424, "content-missing", "The content is fetched again; check that a point holds the package"};
inline constexpr ErrorKind kContentUnreachable{
    2425, "content-unreachable",
    "Check the distribution points of the package, then request the deployment again"};
inline constexpr ErrorKind kCacheTooSmall{
    2426, "cache-too-small", "Raise the client's cache.limit_mb, or make the package smaller"};
inline constexpr ErrorKind kProgramFailed{
    2427, "program-failed", "Look at the program's output in the report or on the client"};
inline constexpr ErrorKind kProgramTooLong{
    2428, "program-too-long", "Raise the program's longest running time, or find why it hangs"};
inline constexpr ErrorKind kProgramNotStarted{
    2429, "program-not-started",
    "Check that the command names a file of the package or a program of the machine"};
inline constexpr ErrorKind kInterrupted{
    2430, "interrupted",
    "Nobody knows how far the program came: look at the machine, then deploy a new version"};
inline constexpr ErrorKind kAlreadyRan{
    2431, "already-ran", "A program runs once per deployment and version; make a new deployment"};
inline constexpr ErrorKind kNotRequestable{
    2432, "not-requestable", "Look at the list of deployments that this machine has now"};
inline constexpr ErrorKind kLogDamaged{
    2433, "execution-log-damaged",
    "Nothing is started, so that nothing runs twice; restore the file or re-enrol the machine"};
inline constexpr ErrorKind kClientStateFailed{
    2434, "client-state-failed", "Check the owner, mode and free space of the client's folder"};
inline constexpr ErrorKind kBadCacheEntry{2435, "bad-cache-entry",
                                          "Name content by 64 lower-case hex digits of SHA-256"};
inline constexpr ErrorKind kRequirementsUnmet{
    2436, "requirements-unmet",
    "Free space on the machine, or deploy to machines with one of the program's platforms; it is "
    "looked at again every five minutes"};
inline constexpr ErrorKind kFirstProgramFailed{
    2437, "first-program-failed",
    "Mend the program that runs first; it is tried again with its next version, at the "
    "deployment's next time, or when a user asks for the deployment"};
inline constexpr ErrorKind kFirstProgramMissing{
    2438, "first-program-missing",
    "Apply the package again, so that its signed entry and the site agree on what runs first"};
inline constexpr ErrorKind kNotOffered{
    2439, "not-offered",
    "Look at what is offered: muster-client software list; an operator offers more by a deployment "
    "with purpose: available"};
inline constexpr ErrorKind kTooManyRequests{
    2440, "too-many-requests", "Ask again in an hour, or ask whoever runs this machine"};
inline constexpr ErrorKind kNotForUsers{
    2441, "not-for-users",
    "Run it as root: other users list and install what is offered to them, and answer notices"};

inline constexpr ErrorKind kSecretUnreadable{2450, "secret-unreadable",
                                             "Put the value into the file that the text names, "
                                             "owned by root or the client's user, mode 0600"};

// The kind of a number that an execution log holds; kClientStateFailed for a number of a newer
// version.
const ErrorKind& software_error(std::uint16_t number);

}  // namespace muster::client
