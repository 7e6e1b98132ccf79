// Names that the catalogue's writer and reader share; private to contract/catalogue*.cc.
#pragma once

#include <string_view>

namespace muster::contract {

inline constexpr std::string_view kTufVersion = "1.0.31";
inline constexpr std::string_view kPackageRolePrefix = "package-";
inline constexpr std::string_view kTargetFolder = "packages/";
inline constexpr std::string_view kManifestName = "manifest.json";

}  // namespace muster::contract
