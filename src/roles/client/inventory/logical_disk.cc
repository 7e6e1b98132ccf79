// Class LogicalDisk: mounted file systems that keep data, each device once.
#include <algorithm>
#include <map>

#include "roles/client/inventory/collectors.h"
#include "roles/client/inventory/row_builder.h"
#include "roles/client/inventory/text.h"

namespace muster::client {
namespace {

constexpr std::string_view kLocal[] = {"ext2", "ext3",     "ext4", "xfs",      "btrfs",   "f2fs",
                                       "vfat", "exfat",    "ntfs", "ntfs3",    "fuseblk", "zfs",
                                       "jfs",  "reiserfs", "udf",  "bcachefs", "hfsplus"};
// Asking a server that does not answer for its space would hang the client.
constexpr std::string_view kRemote[] = {"nfs", "nfs4",      "cifs",           "smb3",      "ceph",
                                        "9p",  "glusterfs", "fuse.glusterfs", "fuse.sshfs"};

template <std::size_t N>
bool is_one_of(const std::string_view (&list)[N], std::string_view type) {
  return std::ranges::find(list, type) != std::end(list);
}

// fstab(5): blanks, tabs, newlines and backslashes stand as octal escapes.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code =
        text[i] == '\\' && i + 3 < text.size() ? to_number(text.substr(i + 1, 3), 8) : std::nullopt;
    if (code && *code >= 0 && *code < 256) {
      out += static_cast<char>(*code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Mount {
  std::string device;
  std::string point;
  std::string type;
  bool read_only = false;
};

// The same device mounted twice (a bind mount, a subvolume) is the same space: the mount point
// that is the shortest stands for it. A later mount on the same point hides the earlier one.
std::vector<Mount> data_mounts(std::string_view table) {
  std::map<std::string, Mount> by_point;
  for (std::string_view line; next_line(table, line);) {
    const auto words = fields(line);
    if (words.size() < 4) continue;
    Mount mount{unescaped(words[0]), unescaped(words[1]), std::string(words[2]), false};
    mount.read_only = words[3] == "ro" || words[3].starts_with("ro,");
    by_point[mount.point] = std::move(mount);
  }
  std::map<std::string, Mount> by_device;
  for (auto& [point, mount] : by_point) {
    const bool container_root = mount.type == "overlay" && point == "/";
    if (!container_root && !is_one_of(kLocal, mount.type) && !is_one_of(kRemote, mount.type))
      continue;
    const auto [it, is_new] = by_device.try_emplace(mount.device, mount);
    if (!is_new && point.size() < it->second.point.size()) it->second = mount;
  }
  std::vector<Mount> out;
  for (auto& [device, mount] : by_device) out.push_back(std::move(mount));
  std::ranges::sort(out, {}, &Mount::point);
  return out;
}

constexpr std::uint64_t kMiB = 1u << 20;

}  // namespace

Result<Collected> collect_logical_disk(const Source& source) {
  Collected out;
  const auto table = source.read("/proc/self/mounts", 16 * kFactLimit);
  if (!table) return out;
  for (const Mount& mount : data_mounts(*table)) {
    RowBuilder row("LogicalDisk");
    row.text("Name", mount.point).text("BlockDevice", mount.device).text("FileSystem", mount.type);
    if (!is_one_of(kRemote, mount.type)) {
      if (const auto space = source.space(mount.point)) {
        row.number("SizeMB", static_cast<std::int64_t>(space->size_bytes / kMiB));
        row.number("FreeMB", static_cast<std::int64_t>(space->free_bytes / kMiB));
      }
    }
    row.number("ReadOnly", mount.read_only ? 1 : 0);
    out.rows.push_back(std::move(row).take());
    if (out.rows.size() >= model::kMostRowsPerClass) break;
  }
  return out;
}

}  // namespace muster::client
