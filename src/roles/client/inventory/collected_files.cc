#include "roles/client/inventory/collected_files.h"

#include <algorithm>
#include <map>

#include "base/sha256.h"
#include "model/path_pattern.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/path_search.h"
#include "roles/client/inventory/software_files.h"

namespace muster::client {
namespace {

// What is read in one go, whether it is sent or not.
constexpr std::uint64_t kMostRead = 64u << 20;

bool is_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool has_opted_out(const Source& source, std::string_view path) {
  for (std::size_t end = path.find('/', 1); end != std::string_view::npos;
       end = path.find('/', end + 1))
    if (is_opted_out(source, path.substr(0, end))) return true;
  return is_opted_out(source, "");
}

class Search {
 public:
  Search(const Source& source, const FileRules& rules, Timestamp now, FoundFiles& out)
      : source_(source), rules_(rules), now_(now), out_(out) {}

  void take(const std::string& path, const model::FileCollection& collection) {
    const auto taken = try_take(path, collection);
    if (!taken && !taken.error().is(kFactMissing)) out_.errors.push_back(taken.error());
  }

 private:
  Result<void> try_take(const std::string& path, const model::FileCollection& collection) {
    // A name that is no text cannot be told.
    if (!model::is_collected_path(path) || has_opted_out(source_, path)) return {};
    for (const std::string& folder : rules_.closed)
      if (is_below(path, folder))
        return fail(kFileClosed, "{}: it is in {}, a folder of the client", path, folder);
    if (out_.report.files.size() == contract::kMostCollectedFiles || read_ >= kMostRead) {
      out_.has_more = true;
      return {};
    }
    NamedFile file = TRY(source_.read_as_named(path, collection.file_limit));
    read_ += file.content.size();
    if (!collection.restricted && !file.readable_by_all)
      return fail(kFileNotForAll, "{}: not every user of this machine may read it", path);
    const Bytes hash = sha256(file.content);
    if (!out_.memory.is_wanted(path, hash, now_)) return {};
    if (file.content.size() > rules_.day_limit)
      return fail(kFileOverDay, "{}: {} bytes, {} a day are allowed", path, file.content.size(),
                  rules_.day_limit);
    if (file.content.size() > out_.memory.left_today(rules_.day_limit, now_)) {
      out_.has_more = true;
      return {};
    }
    out_.memory.sent(path, hash, file.content.size(), now_);
    out_.report.files.push_back({collection.name, path, file.modified, std::move(file.content)});
    return {};
  }

  const Source& source_;
  const FileRules& rules_;
  const Timestamp now_;
  FoundFiles& out_;
  std::uint64_t read_ = 0;
};

}  // namespace

FoundFiles find_changed_files(const Source& source, std::span<const TrustedFiles> due,
                              const FileMemory& memory, const FileRules& rules, Timestamp now) {
  FoundFiles out;
  out.report.collected = now;
  out.memory = memory;
  if (rules.day_limit == 0) return out;
  // Of two collections that name a file the one that takes more.
  std::map<std::string, const model::FileCollection*> wanted;
  for (const TrustedFiles& each : due)
    for (const std::string& pattern : each.collection.paths) {
      const auto found = find_files(source, pattern);
      if (!found) out.errors.push_back(found.error());
      for (const std::string& path : found ? *found : std::vector<std::string>()) {
        const model::FileCollection*& by = wanted[path];
        const auto rank = [](const model::FileCollection& collection) {
          return std::pair(collection.restricted, collection.file_limit);
        };
        if (by == nullptr || rank(*by) < rank(each.collection)) by = &each.collection;
      }
    }
  std::vector<std::pair<std::string, const model::FileCollection*>> order(wanted.begin(),
                                                                          wanted.end());
  std::ranges::stable_sort(order, {}, [&](const auto& each) { return memory.sent_at(each.first); });
  Search search(source, rules, now, out);
  for (const auto& [path, collection] : order) search.take(path, *collection);
  return out;
}

}  // namespace muster::client
