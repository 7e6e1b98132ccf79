// The agent's downloads: resumed where they stopped, verified by the cache.
#include "base/log.h"
#include "base/os/file.h"
#include "roles/client/agent.h"
#include "roles/client/errors.h"
#include "roles/client/software/errors.h"

namespace muster::client {

Result<void> Agent::fetch_file(const std::string& folder, const ContentFile& file) {
  if (cache_->holds(file.sha256, file.size_bytes)) return {};
  auto partial = TRY(cache_->begin(file.sha256, file.size_bytes, clock_.now()));
  if (partial.offset < file.size_bytes) {
    std::uint64_t received = partial.offset;
    Timestamp next_poll = clock_.now() + std::chrono::seconds(1);
    const auto sink = [&](ByteView part) -> Result<void> {
      received += part.size();
      if (received > file.size_bytes)
        return fail(kContentChanged, "{}: over {} bytes came", file.path, file.size_bytes);
      TRY(os::write_all(partial.fd.get(), part, file.path));
      if (stop_) return fail(kNoPoint, "{}: the client stops", file.path);
      // Neither a running program nor a person who asks must wait for a long download.
      if (clock_.now() >= next_poll) {
        serve_commands();
        look_after_machine();
        next_poll = clock_.now() + std::chrono::seconds(1);
      }
      return {};
    };
    TRY(link_->fetch_content(folder, file.sha256, partial.offset, sink));
  }
  return cache_->finish(file.sha256, file.size_bytes, clock_.now());
}

void Agent::fetch_due_content() {
  while (!downloads_.empty() && !stop_ && content_timer_.due(clock_.now())) {
    const Deployment deployment = downloads_.front();
    downloads_.pop_front();
    std::optional<Error> failure;
    for (const ContentFile& file : deployment.files) {
      const auto fetched = fetch_file(deployment.content_folder, file);
      if (fetched) continue;
      failure = fetched.error();
      break;
    }
    if (!failure) {
      content_timer_.succeeded(clock_.now(), Duration(0));
      execution_->on(DownloadDone{deployment.key}, clock_.now());
      continue;
    }
    log::failure(log::Level::Warning, "content.download.failed", *failure,
                 {{"deployment", deployment.key.deployment}});
    // A busy point is no failure of the deployment: it goes on where it stopped.
    if (failure->is(kSiteAnswer) && link_->asked_wait() > Duration(0)) {
      downloads_.push_front(deployment);
      content_timer_.failed(clock_.now(), settings_.duration("retry.first"),
                            settings_.duration("retry.longest"), jitter(), link_->asked_wait());
      return;
    }
    const auto kind = failure->is(kContentChanged)  ? DownloadFailure::Mismatch
                      : failure->is(kCacheTooSmall) ? DownloadFailure::CacheRoom
                                                    : DownloadFailure::Transient;
    execution_->on(DownloadFailed{deployment.key, kind, *failure}, clock_.now());
  }
}

}  // namespace muster::client
