// A client that executes one deployment, in a process that a test kills.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "roles/client/platform/execution_host.h"

namespace muster::client {

// Content of `folder`: cache/, runs/ and execution.log, as a client's state folder.
struct TestClient {
  std::unique_ptr<ContentCache> cache;
  std::unique_ptr<ExecutionHost> host;
  std::vector<DeploymentReport> reports;
};

// Opens the client's state; downloads are answered at once when the cache holds the files.
Result<std::unique_ptr<TestClient>> open_test_client(const std::filesystem::path& folder,
                                                     Timestamp now, std::string boot = "boot-1");

// A deployment whose program appends one line to `file` and ends with `code`.
Deployment line_deployment(const std::filesystem::path& file, int code = 0);

// The process's body: runs line_deployment(FOLDER/lines) until its result is reported.
int killed_client(const std::filesystem::path& folder);

}  // namespace muster::client
