// Files as muster uses them: read whole within a limit, replaced durably, private by default.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/os/fd.h"

namespace muster::os {

inline constexpr std::size_t kSmallFile = 16u << 20;

// Whether something lies there; what cannot be looked at is not there.
bool file_exists(const std::filesystem::path& path);

// The whole file. Errors: kFileUnreadable, kFileTooLarge.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit_bytes = kSmallFile);

// Who may read the new file. Secrets are always Private.
enum class FileMode { Private = 0600, Group = 0640, Public = 0644, PrivateProgram = 0700 };

// Writes beside `path`, fsyncs, renames over it and fsyncs the folder: after a crash the file is
// the old or the new one, never a part. Error: kFileUnwritable.
Result<void> replace_file(const std::filesystem::path& path, ByteView content, FileMode mode);
// The same with content in parts: `write` gives them to the function that it is called with.
using FileSink = std::function<Result<void>(ByteView part)>;
Result<void> replace_file(const std::filesystem::path& path,
                          const std::function<Result<void>(const FileSink&)>& write, FileMode mode);

// The same for a file that is there: its owner, group and mode stay. Error: kFileUnwritable.
Result<void> replace_content(const std::filesystem::path& path, ByteView content);

// Creates the folder and its parents, those that are new with mode 0700.
Result<void> make_private_folder(const std::filesystem::path& path);

// fsync of a folder makes renames in it durable.
Result<void> sync_folder(const std::filesystem::path& path);

// Writes all bytes or fails.
Result<void> write_all(int fd, ByteView bytes, const std::filesystem::path& name_for_errors);

// An exclusive lock on `path`, held while the Fd lives. Error when another process holds it:
// kFileUnwritable, naming the file.
Result<Fd> lock_file(const std::filesystem::path& path);

}  // namespace muster::os
