// Where a client's policy is kept: a folder, or for virtual clients memory that they share.
#pragma once

#include <filesystem>
#include <string>

#include "base/os/file.h"

namespace muster::client {

// Names are relative, "state" or "bodies/SHA256".
class PolicyFiles {
 public:
  virtual ~PolicyFiles() = default;
  virtual bool has(const std::string& name) const = 0;
  virtual Result<Bytes> read(const std::string& name, std::size_t limit_bytes) const = 0;
  // Durable when it returns: the old content or the new, never a part.
  virtual Result<void> replace(const std::string& name, ByteView content) = 0;
  // For errors.
  virtual std::string place(const std::string& name) const = 0;
};

class PolicyFolder final : public PolicyFiles {
 public:
  explicit PolicyFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  bool has(const std::string& name) const override { return os::file_exists(folder_ / name); }
  Result<Bytes> read(const std::string& name, std::size_t limit_bytes) const override {
    return os::read_file(folder_ / name, limit_bytes);
  }
  Result<void> replace(const std::string& name, ByteView content) override {
    return os::replace_file(folder_ / name, content, os::FileMode::Private);
  }
  std::string place(const std::string& name) const override { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace muster::client
