#include "contract/package_note.h"

#include "contract/fields.h"

namespace muster::contract {

Result<PackageNote> decode_package_note(ByteView json) {
  const auto document =
      TRY(wire::JsonDocument::parse(json, {.bytes = kPackageNoteLimit, .depth = 4}));
  const wire::Json root = document.root();
  PackageNote out;
  out.type = TRY(optional_text_field(root, "type")).value_or("");
  out.name = TRY(optional_text_field(root, "name")).value_or("");
  out.version = TRY(optional_text_field(root, "version")).value_or("");
  return out;
}

}  // namespace muster::contract
