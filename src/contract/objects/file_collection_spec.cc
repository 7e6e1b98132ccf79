#include "base/size.h"
#include "contract/objects/specs.h"

namespace muster::contract {

using wire::NodeAt;
using wire::NodeFields;

Result<model::FileCollection> decode_file_collection_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(NodeFields::open(spec, {"paths", "fileLimit", "interval", "restricted"}));
  model::FileCollection out;
  out.name = std::move(name);
  const NodeAt paths = TRY(fields.required("paths"));
  for (const NodeAt& item : TRY(paths.items())) out.paths.push_back(TRY(item.text()));
  if (const auto field = fields.optional("fileLimit")) {
    const std::string text = TRY(field->text());
    out.file_limit = TRY_IN(parse_size(text), "{}", field->where());
  }
  if (const auto field = fields.optional("interval")) {
    const std::string text = TRY(field->text());
    out.interval = TRY_IN(parse_duration(text), "{}", field->where());
  }
  if (const auto field = fields.optional("restricted")) out.restricted = TRY(field->boolean());
  TRY_IN(model::check_file_collection(out), "{}", spec.where());
  return out;
}

wire::Node file_collection_spec(const model::FileCollection& collection) {
  wire::Node spec = wire::mapping_node();
  wire::Node paths = wire::sequence_node();
  for (const std::string& path : collection.paths) paths.items.push_back(wire::text_node(path));
  spec.set("paths", std::move(paths));
  spec.set("fileLimit", wire::text_node(to_text_size(collection.file_limit)));
  spec.set("interval", wire::text_node(muster::to_text(collection.interval)));
  spec.set("restricted", wire::boolean_node(collection.restricted));
  return spec;
}

}  // namespace muster::contract
