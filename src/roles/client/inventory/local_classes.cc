#include "roles/client/inventory/local_classes.h"

#include <algorithm>
#include <set>

#include "roles/client/inventory/errors.h"

namespace muster::client {

std::vector<TrustedClass> with_local_classes(std::vector<TrustedClass> classes,
                                             std::span<const LocalClass> local,
                                             std::vector<Error>& errors) {
  std::set<std::string> taken;
  for (const LocalClass& each : local) {
    const model::ClassDefinition& definition = each.declared.definition;
    const auto refuse = [&](const ErrorKind& kind) {
      errors.push_back(fail(kind, "class {} of {}", definition.name, each.file).value());
    };
    const auto known = std::ranges::find_if(classes, [&](const TrustedClass& one) {
      return one.declared.definition.name == definition.name;
    });
    if (known == classes.end()) {
      refuse(kLocalClassUnknown);
    } else if (known->declared.definition != definition) {
      refuse(kLocalClassDiffers);
    } else if (!taken.insert(definition.name).second) {
      refuse(kLocalClassTwice);
    } else {
      known->declared.collector = each.declared.collector;
      known->declared.form = each.declared.form;
      known->declared.sources = each.declared.sources;
      if (each.declared.interval) known->declared.interval = each.declared.interval;
    }
  }
  return classes;
}

}  // namespace muster::client
