// The failures of the objects that an operator writes: numbers 1330 to 1339 of model/.
#pragma once

#include "base/result.h"

namespace muster::model {

inline constexpr ErrorKind kBadCommandLine{
    1330, "bad-command-line",
    "Quote the character, or write argv: [sh, -c, \"...\"] to have a shell read the text"};
inline constexpr ErrorKind kBadPackage{
    1331, "bad-package", "Give the package a value as docs/protocols/objects.md says"};
inline constexpr ErrorKind kBadCollection{
    1332, "bad-collection", "Give the collection a value as docs/protocols/objects.md says"};
inline constexpr ErrorKind kBadDeployment{
    1333, "bad-deployment", "Give the deployment a value as docs/protocols/objects.md says"};
inline constexpr ErrorKind kBadBoundary{
    1334, "bad-boundary",
    "Write subnet: 10.1.0.0/16, range: 10.1.0.5-10.1.0.99 or ipv6Prefix: 2001:db8::/48"};
inline constexpr ErrorKind kBadSchedule{
    1335, "bad-schedule",
    "Write start: 2026-01-31T02:00 and, to repeat it, repeat: FREQ=WEEKLY;BYDAY=SU; "
    "docs/protocols/objects.md lists what is understood"};
inline constexpr ErrorKind kBadPath{
    1336, "bad-path",
    "Write an absolute path whose parts are names, '*' and '?' within them allowed"};
inline constexpr ErrorKind kBadFileCollection{
    1337, "bad-file-collection",
    "Give the file collection a value as docs/protocols/objects.md says"};

}  // namespace muster::model
