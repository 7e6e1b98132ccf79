// Content as plain files named by their SHA-256. The form on disk is
// docs/formats/content-store.md.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/os/fd.h"
#include "base/os/file.h"
#include "base/sha256.h"
#include "base/time.h"
#include "store/errors.h"

namespace muster::store {

// The SHA-256 of a file's bytes.
class ContentHash {
 public:
  // 64 lower-case hex digits. Error: kContentMismatch.
  static Result<ContentHash> parse(std::string_view hex);
  // Exactly 32 bytes.
  static Result<ContentHash> from_bytes(ByteView bytes);
  std::string text() const { return to_hex(bytes_); }
  const Bytes& bytes() const { return bytes_; }
  friend auto operator<=>(const ContentHash&, const ContentHash&) = default;

 private:
  explicit ContentHash(Bytes bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes_;
};

struct ContentFile {
  ContentHash hash;
  std::uint64_t size;
};

struct OpenContent {
  os::Fd fd;
  std::uint64_t size;
};

// What is known of bytes before they arrive. What is not known is not checked.
struct ExpectedContent {
  std::optional<ContentHash> hash;
  std::optional<std::uint64_t> size;
};

struct ScrubReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<ContentHash> damaged;  // moved to the folder "damaged"
  std::optional<ContentHash> last;   // nothing when the end was reached
};

class ContentStore {
 public:
  // One file that is arriving: it lies aside until finish(), and vanishes when this object is
  // destroyed before.
  class Incoming {
   public:
    Incoming(Incoming&& other) noexcept;
    Incoming& operator=(Incoming&&) = delete;
    ~Incoming();

    // Errors: kContentMismatch as soon as there are more bytes than expected, kDiskFull,
    // kContentUnavailable.
    Result<void> write(ByteView bytes);
    // Checks length and hash, makes the file durable and names it. Errors: kContentMismatch,
    // kDiskFull, kContentUnavailable. The object is spent afterwards.
    Result<ContentFile> finish();
    std::uint64_t written() const { return written_; }

   private:
    friend class ContentStore;
    Incoming(const ContentStore& store, ExpectedContent expected, std::filesystem::path path,
             os::Fd fd);
    const ContentStore* store_;
    ExpectedContent expected_;
    std::filesystem::path path_;
    os::Fd fd_;
    Sha256 hash_;
    std::uint64_t written_ = 0;
  };

  // Creates the folder where it is missing. `mode` is that of the files.
  static Result<ContentStore> open(const std::filesystem::path& folder,
                                   os::FileMode mode = os::FileMode::Private);

  Result<Incoming> begin(ExpectedContent expected = {}) const;
  Result<ContentFile> put(ByteView bytes) const;

  bool has(const ContentHash& hash) const;
  // Read only, at offset 0. Errors: kContentMissing, kContentUnavailable.
  Result<OpenContent> open(const ContentHash& hash) const;
  // Succeeds when it is absent. Whoever holds it open keeps it.
  Result<void> remove(const ContentHash& hash) const;
  // Where it lies, present or not: for servers that take a path.
  std::filesystem::path path_of(const ContentHash& hash) const;

  // All of them, in order of hash. The visitor's failure ends the walk.
  Result<void> list(const std::function<Result<void>(const ContentFile&)>& visit) const;

  // Hashes files again, in order of hash, those after `after`, at least one and until
  // `most_bytes` are read. Damaged ones are set aside, so that has() says they are missing.
  Result<ScrubReport> scrub(const std::optional<ContentHash>& after,
                            std::uint64_t most_bytes) const;

  // Removes unfinished files that were last written before `before`; returns how many.
  Result<std::uint64_t> sweep(Timestamp before) const;

 private:
  ContentStore(std::filesystem::path folder, os::FileMode mode)
      : folder_(std::move(folder)), mode_(mode) {}
  Result<void> settle(const std::filesystem::path& aside, const ContentHash& hash) const;
  Result<bool> intact(const ContentFile& file) const;
  Result<std::vector<std::filesystem::path>> shards() const;

  std::filesystem::path folder_;
  os::FileMode mode_;
};

}  // namespace muster::store
