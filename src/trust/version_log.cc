#include "trust/version_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "trust/errors.h"

namespace muster::trust {
namespace {

constexpr std::size_t kHashDigits = 16;
// Half a million devices, rewritten often, stay far below.
constexpr std::size_t kFileLimit = std::size_t{1} << 30;
// How much may be appended to the compact form before it is written anew.
constexpr std::size_t kGrowthBytes = 32u << 20;
constexpr std::size_t kRecordsPerLine = 512;

std::string record(std::string_view name, SignedVersion version) {
  return fmt::format(" {}={}.{}", name, version.epoch, version.version);
}

std::string sealed_line(std::string_view records) {
  return fmt::format("{}{}\n", sha256_hex(records).substr(0, kHashDigits), records);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A line without its newline; false when its hash or its form is wrong.
template <typename Versions>
bool read_line(std::string_view line, Versions& versions) {
  if (line.size() < kHashDigits) return false;
  std::string_view records = line.substr(kHashDigits);
  if (sha256_hex(records).substr(0, kHashDigits) != line.substr(0, kHashDigits)) return false;
  while (!records.empty()) {
    if (records[0] != ' ') return false;
    records.remove_prefix(1);
    const std::string_view one = records.substr(0, records.find(' '));
    records.remove_prefix(one.size());
    const std::size_t equals = one.find('=');
    const std::size_t point = one.find('.', equals == one.npos ? 0 : equals);
    if (equals == one.npos || point == one.npos) return false;
    const auto epoch = number(one.substr(equals + 1, point - equals - 1));
    const auto version = number(one.substr(point + 1));
    if (!epoch || !version) return false;
    SignedVersion& last = versions[std::string(one.substr(0, equals))];
    last = std::max(last, SignedVersion{*epoch, *version});
  }
  return true;
}

}  // namespace

VersionLog::VersionLog(std::filesystem::path path, Versions versions)
    : path_(std::move(path)), versions_(std::move(versions)) {}

Result<VersionLog> VersionLog::open(std::filesystem::path path) {
  Versions versions;
  const Bytes text = TRY(os::read_file(path, kFileLimit));
  std::string_view rest = text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    if (end == rest.npos) break;  // cut off by a crash
    if (!read_line(rest.substr(0, end), versions))
      return fail(kSignerState, "line {} of {} is damaged", number, path.string());
    rest.remove_prefix(end + 1);
  }
  VersionLog log(std::move(path), std::move(versions));
  TRY(log.rewrite());
  return log;
}

SignedVersion VersionLog::last(std::string_view name) const {
  const auto found = versions_.find(name);
  return found == versions_.end() ? SignedVersion{} : found->second;
}

void VersionLog::note(std::string_view name, SignedVersion version) {
  MUSTER_CHECK(!name.empty() && name.find_first_of(" =\n") == name.npos);
  SignedVersion& last = versions_[std::string(name)];
  MUSTER_CHECK(last <= version);
  if (last == version) return;
  last = version;
  noted_.emplace_back(name, version);
}

Result<void> VersionLog::commit() {
  if (broken_)
    return fail(kSignerState, "an earlier write of {} failed; start the signer again",
                path_.string());
  if (noted_.empty()) return {};
  std::string records;
  for (const auto& [name, version] : noted_) records += record(name, version);
  noted_.clear();
  if (auto appended = append(sealed_line(records)); !appended) {
    broken_ = true;
    return fail(kSignerState, "{}", appended.error().text());
  }
  if (size_bytes_ > compact_bytes_ + kGrowthBytes) return rewrite();
  return {};
}

Result<void> VersionLog::append(std::string_view line) {
  TRY(os::write_all(file_.get(), line, path_));
  if (::fdatasync(file_.get()) != 0)
    return fail(kSignerState, "fdatasync of {}: {}", path_.string(), std::strerror(errno));
  size_bytes_ += line.size();
  return {};
}

Result<void> VersionLog::rewrite() {
  broken_ = true;  // until all of it succeeded
  std::string text;
  std::string records;
  std::size_t count = 0;
  for (const auto& [name, version] : versions_) {
    records += record(name, version);
    if (++count % kRecordsPerLine != 0) continue;
    text += sealed_line(records);
    records.clear();
  }
  if (!records.empty()) text += sealed_line(records);
  TRY(os::replace_file(path_, text, os::FileMode::Private));
  file_ = os::Fd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file_.valid())
    return fail(kSignerState, "opening {}: {}", path_.string(), std::strerror(errno));
  size_bytes_ = compact_bytes_ = text.size();
  broken_ = false;
  return {};
}

}  // namespace muster::trust
