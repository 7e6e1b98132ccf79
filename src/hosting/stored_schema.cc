#include "hosting/stored_schema.h"

#include "contract/objects/object.h"
#include "store/site/objects.h"

namespace muster::hosting {

Result<model::Schema> stored_schema(store::Reader& reader) {
  constexpr auto kKind = contract::ObjectKind::InventoryClass;
  std::vector<model::ClassDefinition> definitions;
  for (const auto& each : TRY(store::list_objects(reader, contract::to_text(kKind), "",
                                                  model::kMostDefinedClasses + 1))) {
    const auto object = TRY(contract::decode_spec(kKind, each.name, each.spec));
    definitions.push_back(std::get<model::DeclaredClass>(object.value).definition);
  }
  return model::Schema::with(definitions);
}

}  // namespace muster::hosting
