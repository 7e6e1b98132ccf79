// Names that the catalogue's writer and reader share; private to contract/catalogue*.cc.
#pragma once

#include <string>
#include <string_view>

namespace muster::contract {

inline constexpr std::string_view kTufVersion = "1.0.31";
inline constexpr std::string_view kPackageRolePrefix = "package-";
inline constexpr std::string_view kClassRolePrefix = "class-";
inline constexpr std::string_view kFilesRolePrefix = "files-";
inline constexpr std::string_view kTargetFolder = "packages/";
inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kSpecName = "spec.json";

// Where the targets of a delegated role are: "packages/NAME/" for "package-NAME", "classes/NAME/"
// for "class-NAME", "files/NAME/" for "files-NAME". Empty for all that is no such role.
std::string delegated_folder(std::string_view role);

}  // namespace muster::contract
