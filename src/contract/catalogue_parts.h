// What the readers and writers of the catalogue's documents share; private to contract/.
#pragma once

#include <vector>

#include "contract/catalogue.h"
#include "contract/errors.h"
#include "wire/json.h"

namespace muster::contract {

struct CatalogueHead {
  std::uint64_t version = 0;
  Timestamp expires{};
};
// `type` is TUF's: "targets". Error: kCatalogueMalformed.
Result<CatalogueHead> read_catalogue_head(const wire::Json& part, std::string_view type);
Result<std::vector<CatalogueSignature>> read_catalogue_signatures(const wire::Json& document);

template <typename Document>
using CatalogueReader = Result<Document> (*)(const wire::Json& part);

template <typename Document>
Result<SignedCatalogue<Document>> read_catalogue_document(ByteView text,
                                                          CatalogueReader<Document> read) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = kCatalogueLimit}));
  const wire::Json root = document.root();
  const wire::Json part = TRY(root.at("signed"));
  SignedCatalogue<Document> out{TRY(read(part)), {}, {}};
  out.canonical = TRY(wire::canonical_json(part));
  out.signatures = TRY(read_catalogue_signatures(root));
  return out;
}

// Whatever is wrong inside, for the caller the document is malformed.
template <typename T>
Result<T> as_malformed(std::string_view name, Result<T> result) {
  if (result || result.error().is(kCatalogueMalformed)) return result;
  return fail(kCatalogueMalformed, "{}: {}", name, result.error().text());
}

// Opens the `signed` object with what every role has; closes it.
wire::JsonWriter open_catalogue_part(std::string_view type, std::uint64_t version,
                                     Timestamp expires);
CataloguePart close_catalogue_part(wire::JsonWriter w);

}  // namespace muster::contract
