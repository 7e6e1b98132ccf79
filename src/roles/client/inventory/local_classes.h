// How this machine makes the rows of declared classes where its own administrator says otherwise.
#pragma once

#include <span>

#include "roles/client/inventory/declared_classes.h"

namespace muster::client {

// An InventoryClass of this machine, and the file that it stands in.
struct LocalClass {
  std::string file;
  model::DeclaredClass declared;
};

// The classes with the collector, format and interval of the local one that has their class. What a
// class is stays with those who declared it for the site: a local one of another class, or with
// other columns, is left out. Its error is added: kLocalClassUnknown, kLocalClassDiffers,
// kLocalClassTwice.
std::vector<TrustedClass> with_local_classes(std::vector<TrustedClass> classes,
                                             std::span<const LocalClass> local,
                                             std::vector<Error>& errors);

}  // namespace muster::client
