// Copies of this machine's files that operators asked for.
#pragma once

#include <span>

#include "contract/collected_files.h"
#include "model/file_collection.h"
#include "roles/client/inventory/file_memory.h"
#include "roles/client/inventory/source.h"

namespace muster::client {

// A file collection that may be followed, and until when.
struct TrustedFiles {
  model::FileCollection collection;
  Timestamp expires;
  friend bool operator==(const TrustedFiles&, const TrustedFiles&) = default;
};

struct FileRules {
  // Folders of the client itself, from which nothing ever leaves: its key, secrets of programs.
  std::vector<std::string> closed{};
  std::uint64_t day_limit = 0;
};

struct FoundFiles {
  contract::CollectedFiles report{};
  FileMemory memory{};    // once the report is durable
  bool has_more = false;  // for the next day, or the next report
  std::vector<Error> errors{};
};

// What changed of the files that the collections name: ordinary files at just these paths, links on
// the way are not followed, and nothing of a folder with skpswi.dat or .muster-skip or below one.
// Without `restricted` only files that every user may read. Those that were sent longest ago come
// first, so that what changes each day keeps no other one waiting. Errors of single files stand in
// `errors`: kFactDenied, kFactUnreadable, kFileNotForAll, kFileClosed, kFileOverDay,
// kTooManyFilesFound.
FoundFiles find_changed_files(const Source& source, std::span<const TrustedFiles> due,
                              const FileMemory& memory, const FileRules& rules, Timestamp now);

}  // namespace muster::client
