// The files of a machine as the collectors read them. The first byte says which one holds the
// input; every row that comes out must be one that the model takes.
#include <cstdint>

#include "base/check.h"
#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/inventory/rpm_header.h"
#include "roles/client/inventory/software_files.h"

namespace muster::client {
namespace {

constexpr std::string_view kFiles[] = {"rpm header",
                                       "/sys/firmware/dmi/tables/DMI",
                                       "/sys/firmware/dmi/tables/smbios_entry_point",
                                       "/sys/class/dmi/id/bios_date",
                                       "/sys/devices/system/cpu/online",
                                       "/run/udev/data/b8:0",
                                       "/sys/block/sda/device/model",
                                       "/usr/lib/systemd/system/a.service",
                                       "/etc/passwd",
                                       "/etc/group",
                                       "/etc/shadow",
                                       "/var/lib/dpkg/status",
                                       "/proc/self/mounts",
                                       "/proc/cpuinfo",
                                       "/opt/program"};

struct OneFile final : Source {
  std::string_view path;
  ByteView content;

  Result<Bytes> read(std::string_view wanted, std::size_t limit_bytes) const override {
    if (wanted == path && content.size() <= limit_bytes) return Bytes(content);
    if (wanted == "/etc/passwd") return Bytes("root:x:0:0:root:/root:/bin/sh\n");
    if (wanted == "/sys/block/sda/size") return Bytes("4096\n");
    if (wanted == "/sys/block/sda/dev") return Bytes("8:0\n");
    return fail(kFactMissing, "{}", wanted);
  }
  Result<Bytes> read_part(std::string_view wanted, std::uint64_t offset,
                          std::size_t size_bytes) const override {
    if (wanted != path) return fail(kFactMissing, "{}", wanted);
    return offset >= content.size() ? Bytes() : Bytes(content.substr(offset, size_bytes));
  }
  Result<NamedFile> read_as_named(std::string_view wanted, std::size_t limit_bytes) const override {
    return NamedFile{TRY(read(wanted, limit_bytes)), {}};
  }
  Result<std::vector<std::string>> list(std::string_view folder) const override {
    if (folder == "/usr/lib/systemd/system") return std::vector<std::string>{"a.service"};
    if (folder == "/sys/block") return std::vector<std::string>{"sda"};
    if (folder == "/opt") return std::vector<std::string>{"program"};
    return fail(kFactMissing, "{}", folder);
  }
  std::optional<std::string> link_target(std::string_view) const override { return std::nullopt; }
  bool exists(std::string_view wanted) const override {
    return wanted == path || wanted == "/sys/class/dmi/id/bios_vendor";
  }
  std::optional<Timestamp> modified(std::string_view) const override { return std::nullopt; }
  std::optional<FileFacts> file_facts(std::string_view wanted) const override {
    FileFacts out;
    if (wanted == "/opt/program") out.kind = FileFacts::Kind::File;
    if (wanted == "/opt") out.kind = FileFacts::Kind::Folder;
    return out;
  }
  std::optional<DiskSpace> space(std::string_view) const override { return std::nullopt; }
  std::optional<std::vector<AdapterAddress>> ipv4_addresses() const override {
    return std::nullopt;
  }
  std::optional<std::string> machine() const override { return std::nullopt; }
  Result<void> rpm_headers(const std::function<void()>& restart,
                           const std::function<Result<void>(ByteView)>& take) const override {
    restart();
    return path == kFiles[0] ? take(content) : Result<void>();
  }
};

}  // namespace
}  // namespace muster::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::client;
  if (size == 0) return 0;
  OneFile source;
  source.path = kFiles[data[0] % std::size(kFiles)];
  source.content = {reinterpret_cast<const char*>(data) + 1, size - 1};
  SoftwareFileRules files;
  files.roots = {"/opt"};
  files.patterns = {"*"};
  const Inventory inventory = collect_inventory(source, "1", {}, &files);
  for (const muster::Error& error : inventory.errors)
    MUSTER_CHECK(error.is(kFactUnreadable) || error.kind().number < 1300);
  for (const auto& rows : inventory.classes)
    for (const auto& row : rows.rows)
      MUSTER_CHECK(muster::model::check_row(*rows.type, row).has_value());
  return 0;
}
