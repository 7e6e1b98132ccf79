#include "roles/client/inventory/rpm_header.h"

#include "base/byte_reader.h"
#include "roles/client/inventory/errors.h"

namespace muster::client {
namespace {

// rpm's include/rpm/rpmtag.h.
enum Tag : std::uint32_t {
  kName = 1000,
  kVersion = 1001,
  kRelease = 1002,
  kEpoch = 1003,
  kSize = 1009,
  kVendor = 1011,
  kPackager = 1015,
  kGroup = 1016,
  kArchitecture = 1022,
  kSourceRpm = 1044,
  kDirIndexes = 1116,
  kBaseNames = 1117,
  kDirNames = 1118,
  kLongSize = 5009,
};
enum Type : std::uint32_t { kInt32 = 4, kInt64 = 5, kString = 6, kStrings = 8, kI18nString = 9 };

constexpr std::uint32_t kMostTags = 0xFFFF;
constexpr std::size_t kEntrySize = 16;

struct Entry {
  std::uint32_t tag = 0;
  std::uint32_t type = 0;
  std::uint32_t offset = 0;
  std::uint32_t count = 0;
};

Result<std::string> text_at(ByteView store, const Entry& entry) {
  if (entry.type != kString && entry.type != kStrings && entry.type != kI18nString)
    return fail(kFactUnreadable, "tag {} of an rpm header is no text", entry.tag);
  if (entry.offset > store.size())
    return fail(kFactUnreadable, "tag {} of an rpm header lies behind its end", entry.tag);
  const ByteView rest = store.substr(entry.offset);
  const std::size_t end = rest.find('\0');
  if (entry.count == 0 || end == ByteView::npos)
    return fail(kFactUnreadable, "tag {} of an rpm header has no end", entry.tag);
  return std::string(rest.substr(0, end));
}

Result<std::int64_t> number_at(ByteView store, const Entry& entry) {
  if ((entry.type != kInt32 && entry.type != kInt64) || entry.count == 0 ||
      entry.offset > store.size())
    return fail(kFactUnreadable, "tag {} of an rpm header is no number", entry.tag);
  ByteReader in(store.substr(entry.offset));
  if (entry.type == kInt32) return static_cast<std::int64_t>(TRY(in.u32()));
  const std::uint64_t value = TRY(in.u64());
  if (value > INT64_MAX) return fail(kFactUnreadable, "tag {} of an rpm header", entry.tag);
  return static_cast<std::int64_t>(value);
}

// The entry's texts, one behind the other.
Result<std::vector<ByteView>> texts_at(ByteView store, const Entry& entry) {
  std::vector<ByteView> out;
  if (entry.type != kStrings || entry.offset > store.size())
    return fail(kFactUnreadable, "tag {} of an rpm header is no list of texts", entry.tag);
  ByteView rest = store.substr(entry.offset);
  for (std::uint32_t i = 0; i < entry.count; ++i) {
    const std::size_t end = rest.find('\0');
    if (end == ByteView::npos)
      return fail(kFactUnreadable, "tag {} of an rpm header has no end", entry.tag);
    out.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return out;
}

Result<std::vector<std::uint32_t>> numbers_at(ByteView store, const Entry& entry) {
  if (entry.type != kInt32 || entry.offset > store.size())
    return fail(kFactUnreadable, "tag {} of an rpm header is no list of numbers", entry.tag);
  ByteReader in(store.substr(entry.offset));
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < entry.count; ++i)
    out.push_back(TRY_IN(in.u32(), "tag {} of an rpm header", entry.tag));
  return out;
}

using VisitEntry = std::function<Result<void>(ByteView store, const Entry& entry)>;

Result<void> visit_entries(ByteView header, const VisitEntry& visit) {
  ByteReader in(header);
  const std::uint32_t tags = TRY_IN(in.u32(), "rpm header");
  const std::uint32_t store_size = TRY_IN(in.u32(), "rpm header");
  const std::size_t index_size = std::size_t{tags} * kEntrySize;
  if (tags > kMostTags || header.size() - 8 < index_size ||
      header.size() - 8 - index_size < store_size)
    return fail(kFactUnreadable, "an rpm header of {} tags and {} bytes in {} bytes", tags,
                store_size, header.size());
  const ByteView store = header.substr(8 + index_size, store_size);
  for (std::uint32_t i = 0; i < tags; ++i) {
    Entry entry;
    entry.tag = TRY(in.u32());
    entry.type = TRY(in.u32());
    entry.offset = TRY(in.u32());
    entry.count = TRY(in.u32());
    TRY(visit(store, entry));
  }
  return {};
}

Result<void> take(RpmPackage& out, ByteView store, const Entry& entry) {
  switch (entry.tag) {
    case kName:
      out.name = TRY(text_at(store, entry));
      break;
    case kVersion:
      out.version = TRY(text_at(store, entry));
      break;
    case kRelease:
      out.release = TRY(text_at(store, entry));
      break;
    case kEpoch:
      out.epoch = TRY(number_at(store, entry));
      break;
    case kSize:
      if (!out.size_bytes) out.size_bytes = TRY(number_at(store, entry));
      break;
    case kLongSize:  // instead of the other one from 4 GiB on
      out.size_bytes = TRY(number_at(store, entry));
      break;
    case kVendor:
      out.vendor = TRY(text_at(store, entry));
      break;
    case kPackager:
      out.packager = TRY(text_at(store, entry));
      break;
    case kGroup:
      out.group = TRY(text_at(store, entry));
      break;
    case kArchitecture:
      out.architecture = TRY(text_at(store, entry));
      break;
    case kSourceRpm:
      out.source_rpm = TRY(text_at(store, entry));
      break;
    default:
      break;
  }
  return {};
}

}  // namespace

std::string RpmPackage::evr() const {
  std::string out = epoch ? fmt::format("{}:", *epoch) : "";
  out += version;
  if (!release.empty()) out += "-" + release;
  return out;
}

std::string RpmPackage::source_name() const {
  // NAME-VERSION-RELEASE.src.rpm: neither version nor release has a dash.
  const std::size_t release_at = source_rpm.rfind('-');
  if (release_at == std::string::npos || release_at == 0) return {};
  const std::size_t version_at = source_rpm.rfind('-', release_at - 1);
  return version_at == std::string::npos ? std::string() : source_rpm.substr(0, version_at);
}

Result<RpmPackage> parse_rpm_header(ByteView header) {
  RpmPackage out;
  TRY(visit_entries(header, [&](ByteView store, const Entry& entry) -> Result<void> {
    return take(out, store, entry);
  }));
  if (out.name.empty()) return fail(kFactUnreadable, "an rpm header without a name");
  return out;
}

Result<void> visit_rpm_files(ByteView header,
                             const std::function<void(const std::string& path)>& visit) {
  std::vector<ByteView> folders, names;
  std::vector<std::uint32_t> folder_of;
  TRY(visit_entries(header, [&](ByteView store, const Entry& entry) -> Result<void> {
    if (entry.tag == kDirNames) folders = TRY(texts_at(store, entry));
    if (entry.tag == kBaseNames) names = TRY(texts_at(store, entry));
    if (entry.tag == kDirIndexes) folder_of = TRY(numbers_at(store, entry));
    return {};
  }));
  if (names.size() != folder_of.size())
    return fail(kFactUnreadable, "an rpm header with {} names in {} folders", names.size(),
                folder_of.size());
  std::string path;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (folder_of[i] >= folders.size())
      return fail(kFactUnreadable, "an rpm header with folder {} of {}", folder_of[i],
                  folders.size());
    path.assign(folders[folder_of[i]]).append(names[i]);
    visit(path);
  }
  return {};
}

}  // namespace muster::client
