// Copies of this machine's files: when they are looked at, and the messages with them.
#include <algorithm>

#include "base/log.h"
#include "base/os/file.h"
#include "roles/client/agent.h"
#include "roles/client/platform/root_source.h"

namespace muster::client {
namespace {

constexpr Duration kNextReport = std::chrono::minutes(1);
constexpr Duration kNoFiles = std::chrono::hours(24);
constexpr std::size_t kErrorsTold = 10;
constexpr const char* kMemoryFile = "collected-files";

}  // namespace

// Until all that may ask for files was read and accepted, what was asked for before stays: what was
// sent for it would be forgotten, and go out once more.
void Agent::follow_file_collections(Timestamp now) {
  std::vector<TrustedFiles> next = policy_->file_collections();
  if (!policy_->classes_known())
    for (const TrustedFiles& before : file_collections_)
      if (std::ranges::none_of(next, [&](const TrustedFiles& each) {
            return each.collection.name == before.collection.name;
          }))
        next.push_back(before);
  if (next == file_collections_) return;
  for (const TrustedFiles& each : next)
    if (std::ranges::find(file_collections_, each) == file_collections_.end())
      files_looked_at_.erase(each.collection.name);
  file_collections_ = std::move(next);
  files_timer_.set(now);
}

FileMemory Agent::stored_file_memory() const {
  const std::filesystem::path file = std::filesystem::path(config_.state) / kMemoryFile;
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return {};
  const auto state = os::read_file(file);
  auto memory = state ? FileMemory::from_state(*state) : Result<FileMemory>(fail(state.error()));
  if (memory) return *std::move(memory);
  log::failure(log::Level::Warning, "files.state.lost", memory.error());
  return {};
}

FileRules Agent::file_rules() const {
  FileRules out;
  out.day_limit = settings_.size_bytes("collected_files.day_limit");
  for (const std::string& folder :
       {std::string(config_.state), settings_.path("program.secrets")}) {
    if (folder.empty()) continue;
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(folder, error);
    out.closed.push_back(error ? folder : real.string());
  }
  return out;
}

Timestamp Agent::next_look(const TrustedFiles& files, Timestamp now) const {
  const auto last = files_looked_at_.find(files.collection.name);
  // Also where the clock was set back behind its last time.
  if (last == files_looked_at_.end() || now < last->second) return now;
  return last->second + files.collection.interval;
}

Result<FoundFiles> Agent::try_files(Timestamp now) {
  const Timestamp trusted = policy_->now(now);
  std::vector<TrustedFiles> due;
  for (const TrustedFiles& each : file_collections_)
    if (next_look(each, now) <= now && std::min(each.expires, policy_->good_until()) > trusted)
      due.push_back(each);
  FileMemory memory = stored_file_memory();
  const auto is_named = [this](const std::string& path) {
    return std::ranges::any_of(file_collections_, [&](const TrustedFiles& each) {
      return model::names_file(each.collection, path);
    });
  };
  if (policy_->classes_known()) memory.keep_only(is_named);
  FoundFiles found = find_changed_files(TRY(RootSource::open("/")), due, memory, file_rules(), now);
  for (std::size_t i = 0; i < std::min(found.errors.size(), kErrorsTold); ++i)
    log::failure(log::Level::Warning, "files.left.out", found.errors[i],
                 {{"of", found.errors.size()}});
  if (!found.report.files.empty()) {
    TRY(outbox_->put(contract::MessageType::CollectedFiles,
                     contract::encode_collected_files(found.report), now));
    outbox_timer_.set(now);
    // A crash before this line sends the same once more, and the site sees that it has it.
    TRY(os::replace_file(std::filesystem::path(config_.state) / kMemoryFile, found.memory.state(),
                         os::FileMode::Private));
    log::info("files.reported", "copies of files were queued",
              {{"files", found.report.files.size()}});
  }
  if (!found.has_more)
    for (const TrustedFiles& each : due) files_looked_at_[each.collection.name] = now;
  return found;
}

void Agent::send_files(Timestamp now) {
  const auto found = try_files(now);
  if (!found) {
    log::failure(log::Level::Error, "files.failed", found.error());
    files_timer_.failed(now, settings_.duration("retry.first"), settings_.duration("retry.longest"),
                        0.5);
    return;
  }
  Timestamp next = now + kNoFiles;
  if (found->has_more)
    next = found->report.files.empty() ? std::max(found->memory.day_end(), now + kNextReport)
                                       : now + kNextReport;
  else
    for (const TrustedFiles& each : file_collections_)
      next = std::min(next, std::max(next_look(each, now), now + kNextReport));
  files_timer_.set(next);
}

}  // namespace muster::client
