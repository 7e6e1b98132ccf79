// The files of objects that `apply` and `diff` read and `export` writes: single files, standard
// input, and folders.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "contract/objects/object.h"

namespace muster::console {

struct FileObject {
  contract::AnyObject object;
  std::string file;              // for errors
  std::filesystem::path folder;  // that a package's source is relative to
};

// "-" is standard input. Of a folder: its *.yaml, *.yml and *.json, and those of its subfolders
// that are named after a kind ("packages"); so the content of packages beside them is never taken
// for objects. Files in order of name. Errors: those of decode_objects(), kObjectTwice across
// files, kNoObjects for a folder without any.
Result<std::vector<FileObject>> read_object_files(const std::vector<std::string>& paths);

// "InventoryClass" -> "inventory-class": the kind's name in sentences.
std::string lower_kind(std::string_view kind);

// "Package" -> "packages": the kind's name in the interface and in folders.
Result<std::string> folder_of_kind(std::string_view kind);

// The kinds that files can have, by the interface's name, in an order in which most references
// point backwards.
std::vector<std::string> file_kinds();

}  // namespace muster::console
