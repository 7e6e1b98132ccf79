// The failures of the client as a whole: numbers 2400 to 2419 and 2470 to 2479.
#pragma once

#include "base/result.h"

namespace muster::client {

inline constexpr ErrorKind kNotEnrolled{2400, "not-enrolled",
                                        "Give the client a token, or have an operator approve it"};
inline constexpr ErrorKind kPending{
    2401, "pending", "An operator must approve this device: muster approve device NAME"};
inline constexpr ErrorKind kSiteAnswer{2402, "site-answer",
                                       "Look at the management point's log for the same time"};
inline constexpr ErrorKind kNoPoint{2403, "no-point",
                                    "Check that a distribution point of the policy can be reached"};
inline constexpr ErrorKind kBadState{
    2404, "bad-state", "Stop the client, remove the file that the text names, and start it again"};
inline constexpr ErrorKind kProgramMissing{
    2405, "program-missing", "Apply the deployment with a program that the package's entry has"};
inline constexpr ErrorKind kPolicyStale{2406, "policy-stale",
                                        "Check that the site's signed time reaches this client"};
inline constexpr ErrorKind kStreamRefused{
    2410, "stream-refused", "Nothing is to do: the messages go out again in a new stream"};
inline constexpr ErrorKind kBodyAltered{
    2407, "policy-body-altered", "The site serves another policy body than it signed; look there"};
inline constexpr ErrorKind kEntryAltered{
    2408, "entry-altered",
    "Apply the package again: its served entry is not the one of the policy"};
inline constexpr ErrorKind kManifestAltered{
    2409, "manifest-altered", "Apply the package again: the served manifest is not the signed one"};
inline constexpr ErrorKind kAnswerReplayed{
    2411, "locator-answer-replayed", "Nothing is to do: an older answer was shown again, look why"};
inline constexpr ErrorKind kAnswerToAnother{
    2412, "locator-answer-to-another",
    "Nothing is to do: the answer is to another question; look at what stands in between"};
inline constexpr ErrorKind kAnswerOfWrongSite{
    2413, "locator-answer-of-wrong-site", "Correct siteCode, or ask a locator point of that site"};
inline constexpr ErrorKind kNoBoundary{
    2414, "no-boundary", "Have an operator apply a boundary that holds one of the addresses"};
inline constexpr ErrorKind kUnknownSite{2415, "unknown-site",
                                        "Correct the site code, or ask another locator point"};
inline constexpr ErrorKind kNoManagementPoint{
    2416, "no-management-point", "Give the site a management point: the locator point knows none"};
inline constexpr ErrorKind kNoLocator{
    2417, "no-locator", "Check serverLocatorPoints, and that one of them can be reached"};
inline constexpr ErrorKind kSiteOlder{2418, "site-older",
                                      "Update the site before its clients, or use an older client"};
inline constexpr ErrorKind kFallbackRefused{
    2419, "fallback-refused",
    "Nothing is to do: the client tries again; look at the point's quota"};
inline constexpr ErrorKind kUnknownVerb{2470, "unknown-verb",
                                        "Run muster-client --help for the commands that there are"};
inline constexpr ErrorKind kUnknownCycle{2471, "unknown-cycle",
                                         "Name one of the cycles that the text lists"};
inline constexpr ErrorKind kAgentBusy{
    2472, "agent-busy",
    "Try again; if it stays so, look at the client's log for what it waits for"};
inline constexpr ErrorKind kAgentNotThere{
    2473, "agent-not-there",
    "Start the client (as root, if other users are to ask), or name its folder: muster-client "
    "--state FOLDER, or MUSTER_STATE"};
inline constexpr ErrorKind kSealedAnswer{
    2477, "sealed-answer", "Look at the management point's log, and at what stands in between"};
inline constexpr ErrorKind kNoHttpLeg{
    2478, "no-http-leg", "The site names no HTTP address of a management point: use HTTPS"};

inline constexpr ErrorKind kNoLog{
    2475, "no-log", "Name the client's folder or log: --state FOLDER, or logs --file FILE"};
inline constexpr ErrorKind kVariableRefused{2474, "variable-refused",
                                            "Give the variable one of the values that the "
                                            "package's entry allows, or apply the package anew"};

inline constexpr ErrorKind kVariablesUnknown{
    2476, "variables-unknown",
    "Nothing is to do: the client fetches the missing part of its policy at its next poll"};
inline constexpr ErrorKind kSecretRefused{
    2479, "secret-refused",
    "List the secret under the variable of the package's program, and apply the package anew"};

}  // namespace muster::client
