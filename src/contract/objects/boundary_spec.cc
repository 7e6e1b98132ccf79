#include "contract/objects/errors.h"
#include "contract/objects/specs.h"

namespace muster::contract {
namespace {

using wire::NodeAt;
using wire::NodeFields;

constexpr model::BoundaryForm kForms[] = {model::BoundaryForm::Subnet, model::BoundaryForm::Range,
                                          model::BoundaryForm::Ipv6Prefix};

}  // namespace

Result<model::Boundary> decode_boundary_spec(std::string name, const NodeAt& spec) {
  const auto fields = TRY(NodeFields::open(spec, {"subnet", "range", "ipv6Prefix", "speed"}));
  std::optional<model::BoundaryForm> form;
  for (const auto each : kForms) {
    if (!fields.optional(to_text(each))) continue;
    if (form)
      return spec.failure(kObjectField, "has both {} and {}", to_text(*form), to_text(each));
    form = each;
  }
  if (!form) return spec.failure(kObjectField, "must have subnet, range or ipv6Prefix");
  const NodeAt area = TRY(fields.required(to_text(*form)));
  const std::string text = TRY(area.text());
  auto boundary = TRY_IN(model::make_boundary(std::move(name), *form, text), "{}", area.where());
  if (const auto field = fields.optional("speed")) {
    const std::string word = TRY(field->text());
    const auto speed = model::parse_boundary_speed(word);
    if (!speed) return field->failure(kObjectField, "is '{}', fast or slow is wanted", word);
    boundary.speed = *speed;
  }
  return boundary;
}

wire::Node boundary_spec(const model::Boundary& boundary) {
  wire::Node spec = wire::mapping_node();
  spec.set(to_text(boundary.form), wire::text_node(boundary.area()));
  spec.set("speed", wire::text_node(to_text(boundary.speed)));
  return spec;
}

}  // namespace muster::contract
