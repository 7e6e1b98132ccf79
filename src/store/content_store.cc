#include "store/content_store.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace muster::store {
namespace fs = std::filesystem;
namespace {

constexpr const char* kFiles = "sha256";
constexpr const char* kIncoming = "incoming";
constexpr const char* kDamaged = "damaged";

Failure failed(const fs::path& path, const char* what) {
  const bool full = errno == ENOSPC || errno == EDQUOT;
  return fail(full ? kDiskFull : kContentUnavailable, "{}: {}: {}", path.string(), what,
              std::strerror(errno));
}

Result<void> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path, "mkdir");
  return {};
}

Result<std::vector<std::string>> names_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    out.push_back(it->path().filename().string());
  if (error) return fail(kContentUnavailable, "{}: list: {}", folder.string(), error.message());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

Result<ContentHash> ContentHash::parse(std::string_view hex) {
  auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 32)
    return fail(kContentMismatch, "\"{}\" is no SHA-256 of 64 lower-case hex digits",
                hex.substr(0, 100));
  return ContentHash(*bytes);
}

Result<ContentHash> ContentHash::from_bytes(ByteView bytes) {
  if (bytes.size() != 32)
    return fail(kContentMismatch, "a SHA-256 of {} bytes instead of 32", bytes.size());
  return ContentHash(Bytes(bytes));
}

Result<ContentStore> ContentStore::open(const fs::path& folder, os::FileMode mode) {
  TRY(os::make_private_folder(folder));
  for (const char* part : {kFiles, kIncoming, kDamaged}) TRY(make_folder(folder / part));
  // All of them now, so that an arrival has to make only its own folder entry durable.
  for (int shard = 0; shard < 256; ++shard)
    TRY(make_folder(folder / kFiles / fmt::format("{:02x}", shard)));
  TRY(os::sync_folder(folder / kFiles));
  TRY(os::sync_folder(folder));
  return ContentStore(folder, mode);
}

ContentStore::Incoming::Incoming(const ContentStore& store, ExpectedContent expected, fs::path path,
                                 os::Fd fd)
    : store_(&store), expected_(std::move(expected)), path_(std::move(path)), fd_(std::move(fd)) {}

ContentStore::Incoming::Incoming(Incoming&& other) noexcept
    : store_(other.store_),
      expected_(std::move(other.expected_)),
      path_(std::exchange(other.path_, {})),
      fd_(std::move(other.fd_)),
      hash_(std::move(other.hash_)),
      written_(other.written_) {}

ContentStore::Incoming::~Incoming() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> ContentStore::Incoming::write(ByteView bytes) {
  if (expected_.size && bytes.size() > *expected_.size - written_)
    return fail(kContentMismatch, "{} bytes were announced, more came", *expected_.size);
  hash_.update(bytes);
  written_ += bytes.size();
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return failed(path_, "write");
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<ContentFile> ContentStore::Incoming::finish() {
  if (expected_.size && written_ != *expected_.size)
    return fail(kContentMismatch, "{} bytes were announced, {} came", *expected_.size, written_);
  const ContentHash hash = TRY(ContentHash::from_bytes(hash_.finish()));
  if (expected_.hash && hash != *expected_.hash)
    return fail(kContentMismatch, "{} was announced, {} came", expected_.hash->text(), hash.text());
  if (::fsync(fd_.get()) != 0) return failed(path_, "fsync");
  fd_.reset();
  TRY(store_->settle(path_, hash));
  path_.clear();
  return ContentFile{hash, written_};
}

Result<ContentStore::Incoming> ContentStore::begin(ExpectedContent expected) const {
  static std::atomic<std::uint64_t> counter = 0;
  // Unique among the files of this process by the counter, and of all by the number.
  const fs::path path =
      folder_ / kIncoming / fmt::format("{}-{}", ::getpid(), counter.fetch_add(1));
  ::unlink(path.c_str());  // of an earlier process with our number
  os::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                   static_cast<mode_t>(mode_)));
  if (!fd.valid()) return failed(path, "create");
  if (::fchmod(fd.get(), static_cast<mode_t>(mode_)) != 0) return failed(path, "chmod");
  return Incoming(*this, std::move(expected), path, std::move(fd));
}

Result<ContentFile> ContentStore::put(ByteView bytes) const {
  Incoming incoming = TRY(begin({std::nullopt, bytes.size()}));
  TRY(incoming.write(bytes));
  return incoming.finish();
}

Result<void> ContentStore::settle(const fs::path& aside, const ContentHash& hash) const {
  const fs::path path = path_of(hash);
  // Over a file that is there already, too: the one that just came is known to be whole.
  if (::rename(aside.c_str(), path.c_str()) != 0) return failed(path, "rename");
  return os::sync_folder(path.parent_path());
}

fs::path ContentStore::path_of(const ContentHash& hash) const {
  const std::string name = hash.text();
  return folder_ / kFiles / name.substr(0, 2) / name;
}

bool ContentStore::has(const ContentHash& hash) const {
  struct stat info {};
  return ::lstat(path_of(hash).c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

Result<OpenContent> ContentStore::open(const ContentHash& hash) const {
  const fs::path path = path_of(hash);
  os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() && errno == ENOENT) return fail(kContentMissing, "{}", hash.text());
  if (!fd.valid()) return failed(path, "open");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed(path, "stat");
  if (!S_ISREG(info.st_mode))
    return fail(kContentUnavailable, "{}: not a regular file", path.string());
  return OpenContent{std::move(fd), static_cast<std::uint64_t>(info.st_size)};
}

Result<void> ContentStore::remove(const ContentHash& hash) const {
  const fs::path path = path_of(hash);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "remove");
  return {};
}

Result<std::vector<fs::path>> ContentStore::shards() const {
  std::vector<fs::path> out;
  for (const std::string& name : TRY(names_in(folder_ / kFiles)))
    if (name.size() == 2) out.push_back(folder_ / kFiles / name);
  return out;
}

Result<void> ContentStore::list(
    const std::function<Result<void>(const ContentFile&)>& visit) const {
  for (const fs::path& shard : TRY(shards())) {
    for (const std::string& name : TRY(names_in(shard))) {
      const auto hash = ContentHash::parse(name);
      struct stat info {};
      // What is not ours, and what was removed meanwhile, is passed over.
      if (!hash || ::lstat((shard / name).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      TRY(visit({*hash, static_cast<std::uint64_t>(info.st_size)}));
    }
  }
  return {};
}

Result<bool> ContentStore::intact(const ContentFile& file) const {
  auto opened = open(file.hash);
  if (!opened && opened.error().is(kContentMissing)) return true;  // removed meanwhile
  if (!opened) return fail(opened.error());
  Sha256 hash;
  std::vector<char> part(1u << 20);
  for (;;) {
    const ssize_t got = ::read(opened->fd.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    // A sector that cannot be read is damage as well.
    if (got < 0 && errno == EIO) return false;
    if (got < 0) return failed(path_of(file.hash), "read");
    if (got == 0) break;
    hash.update({part.data(), static_cast<std::size_t>(got)});
  }
  return hash.finish() == file.hash.bytes();
}

Result<ScrubReport> ContentStore::scrub(const std::optional<ContentHash>& after,
                                        std::uint64_t most_bytes) const {
  ScrubReport report;
  std::optional<ContentHash> last;
  bool complete = true;
  TRY(list([&](const ContentFile& file) -> Result<void> {
    if (after && file.hash <= *after) return {};
    if (report.files > 0 && report.bytes + file.size > most_bytes) complete = false;
    if (!complete) return {};
    if (!TRY(intact(file))) {
      const fs::path aside = folder_ / kDamaged / file.hash.text();
      if (::rename(path_of(file.hash).c_str(), aside.c_str()) != 0)
        return failed(path_of(file.hash), "set aside");
      report.damaged.push_back(file.hash);
    }
    ++report.files;
    report.bytes += file.size;
    last = file.hash;
    return {};
  }));
  if (!complete) report.last = last;
  return report;
}

Result<std::uint64_t> ContentStore::sweep(Timestamp before) const {
  std::uint64_t removed = 0;
  for (const std::string& name : TRY(names_in(folder_ / kIncoming))) {
    const fs::path path = folder_ / kIncoming / name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) continue;
    const std::int64_t written_ms =
        std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
    if (Timestamp{written_ms} >= before) continue;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "remove");
    ++removed;
  }
  return removed;
}

}  // namespace muster::store
