// The facts of a Linux system, or of a tree that was recorded from one.
#pragma once

#include <filesystem>
#include <memory>

#include "base/os/fd.h"
#include "roles/client/inventory/source.h"

namespace muster::client {

class RootSource final : public Source {
 public:
  // "/" is the running system; of any other root, links and ".." stay inside it. Error:
  // kFactMissing.
  static Result<RootSource> open(const std::filesystem::path& root);

  Result<Bytes> read(std::string_view path, std::size_t limit_bytes) const override;
  Result<Bytes> read_part(std::string_view path, std::uint64_t offset,
                          std::size_t size_bytes) const override;
  Result<NamedFile> read_as_named(std::string_view path, std::size_t limit_bytes) const override;
  Result<std::vector<std::string>> list(std::string_view path) const override;
  std::optional<std::string> link_target(std::string_view path) const override;
  bool exists(std::string_view path) const override;
  std::optional<Timestamp> modified(std::string_view path) const override;
  std::optional<FileFacts> file_facts(std::string_view path) const override;
  std::optional<DiskSpace> space(std::string_view mount_point) const override;
  std::optional<std::vector<AdapterAddress>> ipv4_addresses() const override;
  std::optional<std::string> machine() const override;
  Result<void> rpm_headers(const std::function<void()>& restart,
                           const std::function<Result<void>(ByteView)>& take) const override;

 private:
  RootSource(os::Fd root, bool is_live) : root_(std::move(root)), is_live_(is_live) {}
  Result<os::Fd> open_below(std::string_view path, int flags) const;

  os::Fd root_;
  bool is_live_;
};

}  // namespace muster::client
