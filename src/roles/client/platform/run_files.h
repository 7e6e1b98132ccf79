// Lays a package's files into a run's private folder, each hashed while it is copied, and removes
// such folders.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "base/os/fd.h"
#include "base/result.h"
#include "roles/client/platform/run_plan.h"
#include "roles/client/software/deployment.h"

namespace muster::client {

using OpenContent = std::function<Result<os::Fd>(const ContentFile&)>;

// `run` must not exist; afterwards it is durable and holds `files/`, mode 0700, owned by `user`
// where one is given. No symbolic link is followed below `run`. What was copied is what was
// hashed: other bytes or another length are kContentChanged. Other errors: those of
// `open_content`, kFileUnwritable.
Result<void> lay_out_files(const std::filesystem::path& run, std::span<const ContentFile> files,
                           const OpenContent& open_content, const std::optional<RunUser>& user);

// Removes the folder and all below it, never following a symbolic link.
void remove_run_folder(const std::filesystem::path& run);

}  // namespace muster::client
