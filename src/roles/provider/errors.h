// The failures of the provider: numbers 2200 to 2299.
#pragma once

#include "base/result.h"

namespace muster::provider {

inline constexpr ErrorKind kNoSuchThing{2200, "no-such-thing",
                                        "List what there is with muster get, and correct the name"};
inline constexpr ErrorKind kAmbiguousName{2201, "ambiguous-name",
                                          "Use the id that muster get devices -o wide shows"};
inline constexpr ErrorKind kBadRequest{2202, "bad-request",
                                       "Send the request as api/openapi.yaml describes it"};
inline constexpr ErrorKind kReferenceMissing{
    2203, "reference-missing", "Apply what the text names first, or correct the name"};
inline constexpr ErrorKind kInUse{2204, "in-use",
                                  "Delete what the text names first, or take it out of there"};
inline constexpr ErrorKind kCatalogueMismatch{
    2205, "catalogue-mismatch", "Apply the package again with the console of this version"};
inline constexpr ErrorKind kContentNotThere{2206, "content-not-there",
                                            "Upload the files of the manifest before the package"};
inline constexpr ErrorKind kStale{2207, "stale",
                                  "Read the object again and repeat the change on what it is now"};
inline constexpr ErrorKind kBoundaryOverlap{
    2208, "boundary-overlap",
    "Give each address to one boundary only: narrow or delete one of the two"};
// Never leaves the provider: it rolls back the transaction in which a plan was made.
inline constexpr ErrorKind kPlanOnly{2209, "plan-only", "Nothing: no object was to be changed"};
inline constexpr ErrorKind kOrderCycle{
    2210, "order-cycle", "Take one of the steps that the text names out of its order"};
inline constexpr ErrorKind kPackageRetired{
    2211, "package-retired",
    "Deploy a package that is not retired, or apply this one with retired: false"};
inline constexpr ErrorKind kOrderTooLong{2212, "order-too-long",
                                         "Let fewer programs run one behind the other"};
inline constexpr ErrorKind kClassTaken{
    2213, "class-taken", "Give the class another name, or change the object that has it"};
inline constexpr ErrorKind kClassChanged{
    2214, "class-changed",
    "Put new columns behind those of before; for others declare a class of another name"};
inline constexpr ErrorKind kDeviceNotActive{2215, "device-not-active",
                                            "Approve the device first: muster approve device NAME"};

}  // namespace muster::provider
