#include "roles/console/object_files.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/os/file.h"
#include "contract/objects/errors.h"
#include "roles/console/commands.h"
#include "roles/console/errors.h"

namespace muster::console {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLargestInput = 64u << 20;

Result<Bytes> read_standard_input() {
  Bytes text;
  char part[65536];
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, part, sizeof part);
    if (got < 0) return fail(kUsage, "standard input cannot be read");
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
    if (text.size() > kLargestInput)
      return fail(kUsage, "standard input has more than {} bytes", kLargestInput);
  }
}

bool holds_objects(const fs::path& file) {
  const std::string ending = file.extension().string();
  return ending == ".yaml" || ending == ".yml" || ending == ".json";
}

Result<void> add_files(const fs::path& folder, std::vector<std::string>& out) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator each(folder, error), end; !error && each != end;
       each.increment(error))
    if (each->is_regular_file() && holds_objects(each->path())) found.push_back(each->path());
  if (error) return fail(kUsage, "{}: {}", folder.string(), error.message());
  std::ranges::sort(found);
  out.insert(out.end(), found.begin(), found.end());
  return {};
}

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  TRY(add_files(path, out));
  for (const std::string& kind : file_kinds())
    if (fs::is_directory(fs::path(path) / kind, error)) TRY(add_files(fs::path(path) / kind, out));
  if (out.empty()) return fail(contract::kNoObjects, "there is no file of objects in {}", path);
  return out;
}

}  // namespace

std::string lower_kind(std::string_view kind) {
  std::string out;
  for (const char c : kind) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !out.empty()) out += '-';
    out += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

Result<std::string> folder_of_kind(std::string_view kind) { return plural_kind(lower_kind(kind)); }

std::vector<std::string> file_kinds() {
  std::vector<std::string> out;
  for (const std::string_view kind : contract::object_kinds())
    if (auto folder = folder_of_kind(kind)) out.push_back(*std::move(folder));
  return out;
}

Result<std::vector<FileObject>> read_object_files(const std::vector<std::string>& paths) {
  std::vector<FileObject> out;
  std::set<std::pair<contract::ObjectKind, std::string>> seen;
  for (const std::string& path : paths) {
    for (const std::string& file : TRY(files_of(path))) {
      const bool input = file == "-";
      const Bytes text = input ? TRY(read_standard_input()) : TRY(os::read_file(file));
      const std::string name = input ? "standard input" : file;
      const fs::path folder = input ? fs::current_path() : fs::absolute(file).parent_path();
      for (contract::AnyObject& object : TRY(contract::decode_objects(text, name))) {
        if (!seen.emplace(object.kind(), object.name()).second)
          return fail(contract::kObjectTwice, "{}: the {} {} stands in an earlier file too", name,
                      contract::to_text(object.kind()), object.name());
        out.push_back({std::move(object), name, folder});
      }
    }
  }
  return out;
}

}  // namespace muster::console
