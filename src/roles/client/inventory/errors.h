// The failures of reading facts about the machine: numbers 2460 to 2469 and 2480 to 2489.
#pragma once

#include "base/result.h"

namespace muster::client {

inline constexpr ErrorKind kFactMissing{2460, "fact-missing",
                                        "This machine does not have the fact; nothing is to do"};
inline constexpr ErrorKind kFactDenied{2461, "fact-denied",
                                       "Start muster-client as root if this fact is wanted"};
inline constexpr ErrorKind kFactUnreadable{
    2462, "fact-unreadable", "Look at the file that the text names: it is over-long or damaged"};
inline constexpr ErrorKind kOldRpmDatabase{
    2465, "old-rpm-database",
    "Convert it with 'rpmdb --rebuilddb' of an rpm whose %_db_backend is sqlite"};
inline constexpr ErrorKind kTooManySoftwareFiles{
    2466, "too-many-software-files",
    "Name fewer folders or narrower patterns, or raise software_files.limit or .longest"};
inline constexpr ErrorKind kBadInventoryState{2463, "bad-inventory-state",
                                              "Nothing is to do: the next report is a full one"};
inline constexpr ErrorKind kWrongAcknowledgement{2464, "wrong-acknowledgement",
                                                 "Nothing is to do: the next report is a full one"};
inline constexpr ErrorKind kTextForm{
    2467, "text-form", "Correct the format of the InventoryClass, or the text that it reads"};
inline constexpr ErrorKind kTooManyDeclaredRows{
    2468, "too-many-declared-rows", "Let the InventoryClass read fewer files or shorter output"};
inline constexpr ErrorKind kTooManyFilesFound{2469, "too-many-files-found",
                                              "Name the files by a narrower path"};
inline constexpr ErrorKind kDeclarationExpired{
    2480, "declaration-expired", "Apply the InventoryClass again: an operator signs it anew then"};
inline constexpr ErrorKind kCommandUntrusted{
    2481, "command-untrusted",
    "Let the program and all folders above it belong to root and be written by root alone"};
inline constexpr ErrorKind kCommandFailed{
    2482, "command-failed", "Run the command of the InventoryClass by hand and mend what it says"};
inline constexpr ErrorKind kNoAccount{
    2483, "no-account",
    "Name an account of this machine in runAs, and start muster-client as root"};
inline constexpr ErrorKind kFileNotForAll{
    2484, "file-not-for-all",
    "Name the file exactly in a FileCollection with restricted: true, if the site is to have it"};
inline constexpr ErrorKind kFileClosed{
    2485, "file-closed", "Take the file out of the FileCollection: it never leaves this machine"};
inline constexpr ErrorKind kFileOverDay{
    2486, "file-over-day",
    "Raise collected_files.day_limit of this machine, or take the file out of the FileCollection"};
inline constexpr ErrorKind kLocalClassUnknown{
    2487, "local-class-unknown",
    "Have an operator apply an InventoryClass of this class; the site takes no rows of others"};
inline constexpr ErrorKind kLocalClassDiffers{
    2488, "local-class-differs",
    "Give the file the sentence and columns of the site's InventoryClass: muster export "
    "inventory-classes prints them"};
inline constexpr ErrorKind kLocalClassTwice{
    2489, "local-class-twice",
    "Remove one of the files of inventory.local_classes with this class"};

}  // namespace muster::client
