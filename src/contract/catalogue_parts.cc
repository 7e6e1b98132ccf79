#include "contract/catalogue_parts.h"

#include <set>

#include "base/check.h"
#include "contract/catalogue_text.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::size_t kMostSignatures = 64;
constexpr std::size_t kSignatureSize = 64;

}  // namespace

Result<CatalogueHead> read_catalogue_head(const wire::Json& part, std::string_view type) {
  const std::string found = TRY(text_field(part, "_type"));
  if (found != type) return fail(kCatalogueMalformed, "_type is '{}' instead of '{}'", found, type);
  const std::string spec = TRY(text_field(part, "spec_version"));
  if (!spec.starts_with("1."))
    return fail(kCatalogueMalformed, "spec_version '{}' is not 1.x", spec);
  const CatalogueHead head{TRY(number_field(part, "version")), TRY(time_field(part, "expires"))};
  if (head.version == 0) return fail(kCatalogueMalformed, "version is 0");
  if (TRY(text_field(part, "expires")) != to_text_seconds(head.expires))
    return fail(kCatalogueMalformed, "expires is not a time to the second");
  return head;
}

Result<std::vector<CatalogueSignature>> read_catalogue_signatures(const wire::Json& document) {
  std::vector<CatalogueSignature> signatures;
  std::set<std::string> seen;
  for (const wire::Json& item : TRY(TRY(document.at("signatures")).items())) {
    if (signatures.size() == kMostSignatures)
      return fail(kCatalogueMalformed, "over {} signatures", kMostSignatures);
    std::string id = TRY(sha256_field(item, "keyid"));
    auto signature = from_hex(TRY(text_field(item, "sig")));
    if (!signature || signature->size() != kSignatureSize)
      return fail(kCatalogueMalformed, "a signature is not {} bytes in hex", kSignatureSize);
    if (!seen.insert(id).second) return fail(kCatalogueMalformed, "key {} has signed twice", id);
    signatures.push_back({std::move(id), *std::move(signature)});
  }
  return signatures;
}

wire::JsonWriter open_catalogue_part(std::string_view type, std::uint64_t version,
                                     Timestamp expires) {
  wire::JsonWriter w;
  w.object();
  w.key("_type").string(type);
  w.key("expires").string(to_text_seconds(expires));
  w.key("spec_version").string(kTufVersion);
  w.key("version").number(version);
  return w;
}

CataloguePart close_catalogue_part(wire::JsonWriter w) {
  w.end();
  CataloguePart part;
  part.json = std::move(w).take();
  const auto document = wire::JsonDocument::parse(part.json, {.bytes = part.json.size()});
  MUSTER_CHECK(document.has_value());
  auto canonical = wire::canonical_json(document->root());
  MUSTER_CHECK(canonical.has_value());
  part.canonical = *std::move(canonical);
  return part;
}

}  // namespace muster::contract
