// Catalogue documents and manifests. The first byte chooses the document; what is taken is the
// same after it was written and read again.
#include <cstdint>

#include "base/check.h"
#include "contract/catalogue.h"
#include "contract/catalogue_check.h"
#include "contract/manifest.h"
#include "contract/signed_object.h"

namespace muster::contract {
namespace {

template <typename Document>
void check(ByteView text, Result<SignedCatalogue<Document>> (*decode)(ByteView),
           CataloguePart (*encode)(const Document&)) {
  const auto first = decode(text);
  if (!first) return;
  const CataloguePart part = encode(first->value);
  const auto second = decode(assemble_catalogue(part, first->signatures));
  MUSTER_CHECK(second.has_value());
  MUSTER_CHECK(second->value == first->value);
  MUSTER_CHECK(second->signatures == first->signatures);
  MUSTER_CHECK(second->canonical == part.canonical);
}

void check_manifest_text(ByteView text) {
  const auto manifest = decode_manifest(text);
  if (!manifest) return;
  for (const ManifestFile& file : manifest->files) {
    MUSTER_CHECK(!file.path.starts_with('/'));
    MUSTER_CHECK(("/" + file.path + "/").find("/../") == std::string::npos);
  }
  MUSTER_CHECK(*decode_manifest(encode_manifest(*manifest)) == *manifest);
}

void check_object(ByteView text) {
  const auto first = decode_signed_object(text);
  if (!first) return;
  const CataloguePart part = encode_signed_object(first->value);
  const auto second = decode_signed_object(assemble_catalogue(part, first->signatures));
  MUSTER_CHECK(second.has_value());
  MUSTER_CHECK(second->value.object == first->value.object);
  MUSTER_CHECK(second->canonical == part.canonical);
}

void check_document(char kind, ByteView text) {
  switch (kind) {
    case 'r':
      return check(text, decode_root, encode_root);
    case 't':
      return check(text, decode_targets, encode_targets);
    case 'p':
      return check(text, decode_entry, encode_entry);
    case 's':
      return check(text, decode_snapshot, encode_snapshot);
    case 'n':
      return check(text, decode_timestamp, encode_timestamp);
    case 'm':
      return check_manifest_text(text);
    case 'o':
      return check_object(text);
    default:
      return;
  }
}

}  // namespace
}  // namespace muster::contract

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const muster::ByteView input(reinterpret_cast<const char*>(data), size);
  muster::contract::check_document(input[0], input.substr(1));
  return 0;
}
