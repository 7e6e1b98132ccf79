// A package as rpm's database holds it: the header of the package file without its magic
// (rpm's docs/manual/format_header.md).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::client {

inline constexpr std::size_t kLargestRpmHeader = 32u << 20;

struct RpmPackage {
  std::string name;
  std::optional<std::int64_t> epoch;
  std::string version;
  std::string release;
  std::string architecture;  // empty for a key
  std::string vendor;
  std::string packager;
  std::string group;
  std::string source_rpm;  // "openssl-3.0.7-1.el9.src.rpm"
  std::optional<std::int64_t> size_bytes;

  std::string evr() const;          // "1:3.0.7-1.el9"
  std::string source_name() const;  // "openssl"
};

// Texts with translations are taken in their first language. Error: kFactUnreadable, for what is
// no header of rpm's or lacks a name.
Result<RpmPackage> parse_rpm_header(ByteView header);

// The whole paths of what the package installs, folders among them. Error: kFactUnreadable, for a
// list whose parts do not belong together.
Result<void> visit_rpm_files(ByteView header,
                             const std::function<void(const std::string& path)>& visit);

}  // namespace muster::client
