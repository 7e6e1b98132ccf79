#include "tests/client/killed_client.h"

#include <poll.h>

#include "base/os/system.h"

namespace muster::client {

Result<std::unique_ptr<TestClient>> open_test_client(const std::filesystem::path& folder,
                                                     Timestamp now, std::string boot) {
  auto client = std::make_unique<TestClient>();
  TestClient* self = client.get();
  client->cache = std::make_unique<ContentCache>(
      TRY(ContentCache::open({folder / "cache", 1u << 20, std::chrono::hours(24)})));
  ExecutionHostSettings settings;
  settings.log = folder / "execution.log";
  settings.executor.folder = folder / "runs";
  settings.executor.user = "nobody";
  settings.executor.kill_grace = Duration(200);
  settings.machine.privileged = is_privileged();
  settings.machine.boot = std::move(boot);
  settings.machine.attempt_limit = 1000;
  settings.machine.local = {Duration(1), Duration(10), 1000};
  ExecutionPorts ports;
  ports.download = [self](const Deployment& deployment) {
    const Timestamp at = os::SystemClock().now();
    for (const ContentFile& file : deployment.files)
      if (auto fd = self->cache->open_verified(file.sha256, file.size_bytes, at); !fd)
        return self->host->on(
            DownloadFailed{deployment.key, DownloadFailure::Transient, fd.error()}, at);
    self->host->on(DownloadDone{deployment.key}, at);
  };
  ports.report = [self](const DeploymentReport& report) { self->reports.push_back(report); };
  ports.policy_expired = [](const ReportPolicyExpired&) {};
  ports.refuse = [](const RefuseRequest&) {};
  client->host = TRY(ExecutionHost::open(settings, *client->cache, std::move(ports), now));
  return client;
}

Deployment line_deployment(const std::filesystem::path& file, int code) {
  Deployment out;
  out.key = {"P01-000001", "lines", "1.0"};
  out.program.name = "append";
  out.program.argv = {"/bin/sh", "-c",
                      fmt::format("echo line >> '{}'; sleep 0.05; exit {}", file.string(), code)};
  out.program.run_as = is_privileged() ? RunAs::System : RunAs::User;
  return out;
}

int killed_client(const std::filesystem::path& folder) {
  const os::SystemClock clock;
  auto client = open_test_client(folder, clock.now());
  if (!client) return 1;
  ExecutionHost& host = *(*client)->host;
  host.on(PolicyArrived{{line_deployment(folder / "lines")}, clock.now() + std::chrono::hours(24)},
          clock.now());
  const Duration deadline = clock.steady() + std::chrono::seconds(60);
  while (clock.steady() < deadline) {
    host.poll(clock.now());
    for (const DeploymentReport& report : (*client)->reports)
      if (report.final) return report.status == DeploymentStatus::Succeeded ? 0 : 2;
    ::poll(nullptr, 0, 2);
  }
  return 3;
}

}  // namespace muster::client
