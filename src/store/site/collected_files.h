// Copies of devices' files, in versions. Equal contents are kept once, whoever sent them.
#pragma once

#include <string>
#include <vector>

#include "store/database.h"
#include "store/site/devices.h"

namespace muster::store {

struct CollectedFile {
  std::int64_t number = 0;  // given by add_collected_file, never given again
  DeviceNumber device = 0;
  std::string collection{};
  std::string path{};
  Timestamp collected{};
  Timestamp received{};  // when the device last sent or confirmed it
  Timestamp modified{};
  std::int64_t size_bytes = 0;
  Bytes sha256{};
};

// What is kept of one device.
struct CollectedFileLimits {
  std::int64_t versions = 5;  // of a path
  std::int64_t bytes = 0;
};
inline constexpr std::int64_t kMostCollectedVersions = 10'000;  // of one device, of all paths

// A version, unless the newest one of device and path has the same content: then that is confirmed.
// False for that. Size and hash are taken from `content`.
Result<bool> add_collected_file(Transaction& transaction, const CollectedFile& file,
                                ByteView content);
// Removes what is over the limits: superseded versions first, the oldest of them first; then the
// oldest of the others. How many went.
Result<std::int64_t> trim_collected_files(Transaction& transaction, DeviceNumber device,
                                          const CollectedFileLimits& limits);
// Removes versions received before `moment`, and contents that no version has any more.
Result<std::int64_t> remove_collected_files(Transaction& transaction, Timestamp moment);

// A device's, newest first: those with a number below `before` (0: from the newest on).
Result<std::vector<CollectedFile>> list_collected_files(Reader& reader, DeviceNumber device,
                                                        std::int64_t before, std::int64_t limit);
Result<std::optional<CollectedFile>> find_collected_file(Reader& reader, DeviceNumber device,
                                                         std::int64_t number);
// Error: kNotFound.
Result<Bytes> collected_content(Reader& reader, ByteView sha256);

}  // namespace muster::store
