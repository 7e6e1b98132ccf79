// Where collectors read their facts: the running system, or a tree recorded from one. Paths start
// with '/' and mean the tree's root.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace muster::client {

inline constexpr std::size_t kFactLimit = 1u << 20;
inline constexpr std::size_t kMostNames = 20'000;

struct DiskSpace {
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;  // for an ordinary user
};

struct AdapterAddress {
  std::string adapter;
  Bytes address;  // 4 or 16 bytes, in network order
  unsigned prefix_length = 0;
};

struct FileFacts {
  enum class Kind { File, Folder, Other };
  Kind kind = Kind::Other;  // a link is Other
  std::uint64_t size_bytes = 0;
  Timestamp modified;
  std::uint64_t device = 0;  // the file system that it lies on
};

struct NamedFile {
  Bytes content;
  Timestamp modified;
  // By the modes of the file and of all folders on the way.
  bool readable_by_all = false;
};

class Source {
 public:
  virtual ~Source() = default;

  // An ordinary file's content. Errors: kFactMissing, kFactDenied, kFactUnreadable (also over the
  // limit).
  virtual Result<Bytes> read(std::string_view path, std::size_t limit_bytes = kFactLimit) const = 0;
  // Its bytes from `offset` on, at most that many, fewer at its end. A link at the path's end is
  // not followed. Errors as those of read.
  virtual Result<Bytes> read_part(std::string_view path, std::uint64_t offset,
                                  std::size_t size_bytes) const = 0;
  // An ordinary file that lies at just this path: a link at its end or on the way is refused, since
  // others might have put it there. Errors: as those of read; kFactDenied for a link.
  virtual Result<NamedFile> read_as_named(std::string_view path, std::size_t limit_bytes) const = 0;
  // Names in a folder, sorted, at most kMostNames.
  virtual Result<std::vector<std::string>> list(std::string_view path) const = 0;
  // What a symbolic link says.
  virtual std::optional<std::string> link_target(std::string_view path) const = 0;
  virtual bool exists(std::string_view path) const = 0;
  virtual std::optional<Timestamp> modified(std::string_view path) const = 0;
  // Of what lies there itself: a link is not followed. Nothing where it cannot be looked at.
  virtual std::optional<FileFacts> file_facts(std::string_view path) const = 0;

  // What only the running system knows; nothing for a recorded tree.
  virtual std::optional<DiskSpace> space(std::string_view mount_point) const = 0;
  virtual std::optional<std::vector<AdapterAddress>> ipv4_addresses() const = 0;
  virtual std::optional<std::string> machine() const = 0;  // as uname -m: x86_64

  // The headers of rpm's database, each given to `take`; `restart` is called before the first one,
  // and again when the database changed meanwhile. Errors: kFactMissing where rpm has no database,
  // kFactUnreadable for one in a form of older versions, and those of `take`.
  virtual Result<void> rpm_headers(const std::function<void()>& restart,
                                   const std::function<Result<void>(ByteView)>& take) const = 0;
};

}  // namespace muster::client
