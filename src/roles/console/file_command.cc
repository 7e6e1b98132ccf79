// The verb that reads copies of devices' files.
#include <unistd.h>

#include <cstdio>

#include "base/os/file.h"
#include "base/sha256.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"

namespace muster::console {

Result<void> read_file(const Session& session, const std::string& device, const std::string& number,
                       const std::string& output) {
  auto api = TRY(sign_in(session));
  const auto answer = TRY(
      api.get(fmt::format("/api/v1/devices/{}/files/{}", path_part(device), path_part(number))));
  const std::string hash = sha256_hex(answer.body);
  if (answer.etag != fmt::format("\"{}\"", hash))
    return fail(kFileDamaged, "file {} of {} has hash {}, the site says {}", number, device, hash,
                answer.etag);
  if (!output.empty()) return os::replace_file(output, answer.body, os::FileMode::Private);
  // What a machine wrote does not steer the terminal.
  const Bytes shown = ::isatty(STDOUT_FILENO) != 0 ? printable(answer.body, "\n\t") : answer.body;
  std::fwrite(shown.data(), 1, shown.size(), stdout);
  return {};
}

}  // namespace muster::console
