// The failures of store/: numbers 1600 to 1699.
#pragma once

#include "base/result.h"

namespace muster::store {

// The database.
inline constexpr ErrorKind kDatabaseUnavailable{
    1600, "database-unavailable",
    "Check the path, its owner and that the folder is writable by its owner alone"};
inline constexpr ErrorKind kDiskFull{1601, "disk-full",
                                     "Free space on the file system of the site's folder"};
inline constexpr ErrorKind kDatabaseCorrupt{
    1602, "database-corrupt", "Stop the site and restore the database from its last good backup"};
inline constexpr ErrorKind kConstraint{
    1603, "constraint", "The row contradicts another one; read the current state and try again"};
inline constexpr ErrorKind kDatabaseBusy{
    1604, "database-busy", "Try again; if it persists, look for a transaction that does not end"};
inline constexpr ErrorKind kDatabaseFailed{1605, "database-failed",
                                           "The text holds the engine's own message"};
inline constexpr ErrorKind kDatabaseNewer{
    1606, "database-newer",
    "Start the program version that last used this database, or a newer one; there is no way back"};
inline constexpr ErrorKind kMigrationChanged{
    1607, "migration-changed", "Install the released program; its migrations were altered"};
inline constexpr ErrorKind kUnexpectedValue{
    1608, "unexpected-value", "The database was changed by hand or by another program; restore it"};

inline constexpr ErrorKind kForeignDatabase{
    1609, "foreign-database", "Check the named file with the program that it belongs to"};

// Rows of the site.
inline constexpr ErrorKind kNotFound{1610, "not-found", "List what there is and correct the name"};
inline constexpr ErrorKind kConflict{
    1611, "conflict", "Somebody changed it in between: read it again and repeat the change"};
inline constexpr ErrorKind kNameTaken{1612, "name-taken", "Choose another name"};
inline constexpr ErrorKind kDigestMismatch{1613, "digest-mismatch",
                                           "Ask the device for its full inventory"};
inline constexpr ErrorKind kRowCollision{
    1614, "row-collision", "Report it: rows were found whose keyed 128-bit hashes are all equal"};
inline constexpr ErrorKind kTokenRefused{1615, "token-refused",
                                         "Create a new token; each is good once and for a while"};
inline constexpr ErrorKind kAuditBroken{
    1616, "audit-broken", "Compare the audit with the checkpoints that other nodes hold"};
inline constexpr ErrorKind kCounterExhausted{1617, "counter-exhausted",
                                             "Set up a further site; this one is full"};

inline constexpr ErrorKind kTooManyRows{
    1625, "too-many-rows", "Find out what fills the class on the device; the limit is a fixed one"};
inline constexpr ErrorKind kTooManyStreams{
    1626, "too-many-streams",
    "Find out what empties the client's state folder; delete the device to let it start afresh"};

// The database on a server.
inline constexpr ErrorKind kServerUnavailable{
    1618, "database-server-unavailable",
    "Check that the server runs, database.url, the certificate and the login; it is tried again"};
inline constexpr ErrorKind kDatabaseRefused{
    1619, "database-refused", "Give the login the rights of its role; the text says on what"};
inline constexpr ErrorKind kUnstorableText{1620, "unstorable-text",
                                           "Correct what sent it: texts are UTF-8 and hold no NUL"};
inline constexpr ErrorKind kCommitUnknown{1621, "commit-unknown",
                                          "Look whether the change is there before you repeat it"};
inline constexpr ErrorKind kBadDatabaseUrl{
    1622, "bad-database-url",
    "Write postgresql://LOGIN@HOST:PORT/DATABASE, or postgresql://LOGIN@/DATABASE?host=/SOCKET"};
inline constexpr ErrorKind kDatabaseNotEmpty{
    1623, "database-not-empty", "Name an empty database: a site is not moved over another"};
inline constexpr ErrorKind kMoveMismatch{
    1624, "move-mismatch", "Repeat the move: the copy differed from what was read and was dropped"};
inline constexpr ErrorKind kBadClusterAddress{
    1627, "bad-cluster-address", "Name addresses of this host in numbers, or '*' alone for all"};

// Failures of the database or its machine, whatever was asked of it: what was tried took no effect
// (after kCommitUnknown: perhaps) and is to be tried again.
inline bool is_outage(const Error& error) {
  for (const ErrorKind* kind :
       {&kDatabaseUnavailable, &kDiskFull, &kDatabaseCorrupt, &kDatabaseBusy, &kServerUnavailable,
        &kDatabaseRefused, &kCommitUnknown})
    if (error.is(*kind)) return true;
  return false;
}

// Journals.
inline constexpr ErrorKind kJournalUnavailable{
    1630, "journal-unavailable", "Check the folder, its owner and that no other program uses it"};
inline constexpr ErrorKind kJournalCorrupt{
    1631, "journal-corrupt", "Restore the named file; what was acknowledged after it is in doubt"};
inline constexpr ErrorKind kJournalFull{
    1632, "journal-full", "Free disk space or let the reader catch up; the sender tries again"};
inline constexpr ErrorKind kJournalFailed{
    1633, "journal-failed", "Check the disk and restart: what was not acknowledged is sent again"};
inline constexpr ErrorKind kRecordTooLarge{1634, "record-too-large",
                                           "Split the message; the text names the limit"};
inline constexpr ErrorKind kBadPosition{
    1635, "bad-position", "The journal does not reach there: it was trimmed or replaced"};

// Content.
inline constexpr ErrorKind kContentMissing{1650, "content-missing",
                                           "Distribute the content to this point again"};
inline constexpr ErrorKind kContentMismatch{
    1651, "content-mismatch", "Fetch it again; the bytes are not those that were announced"};
inline constexpr ErrorKind kContentUnavailable{1652, "content-unavailable",
                                               "Check the content folder, its owner and the disk"};
inline constexpr ErrorKind kBadTree{
    1653, "bad-tree", "Leave only regular files and folders with clean names in the source"};

}  // namespace muster::store
