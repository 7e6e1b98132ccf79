#include "roles/client/platform/local_class_files.h"

#include <algorithm>

#include "base/os/file.h"
#include "contract/objects/object.h"
#include "roles/client/inventory/errors.h"
#include "roles/client/platform/inventory_command.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kLargestFile = 1u << 20;

// What stands there may be a command: it is as trusted as the program that it would name.
Result<std::vector<LocalClass>> read_file(const fs::path& path) {
  const fs::path real = TRY(trusted_program(path));
  std::error_code error;
  if (fs::file_size(real, error) > kLargestFile || error)
    return fail(kFactUnreadable, "{}: over {} bytes", path.string(), kLargestFile);
  std::vector<LocalClass> out;
  for (contract::AnyObject& object :
       TRY(contract::decode_objects(TRY(os::read_file(real)), path.string()))) {
    auto* declared = std::get_if<model::DeclaredClass>(&object.value);
    if (declared == nullptr)
      return fail(kFactUnreadable, "{}: {} {} is no InventoryClass", path.string(),
                  contract::to_text(object.kind()), object.name());
    out.push_back({path.string(), std::move(*declared)});
  }
  return out;
}

}  // namespace

std::vector<LocalClass> read_local_classes(const fs::path& folder, std::vector<Error>& errors) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error))
    if (each->path().extension() == ".yaml") files.push_back(each->path());
  std::ranges::sort(files);
  if (files.size() > kMostLocalFiles) {
    errors.push_back(
        fail(kTooManyFilesFound, "{}: over {} files", folder.string(), kMostLocalFiles).value());
    files.clear();
  }
  std::vector<LocalClass> out;
  for (const fs::path& file : files) {
    auto read = read_file(file);
    if (!read) {
      errors.push_back(read.error());
      continue;
    }
    for (LocalClass& each : *read) out.push_back(std::move(each));
  }
  return out;
}

}  // namespace muster::client
