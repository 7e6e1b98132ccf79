// Files of operators: what is read is written so that it reads back the same, as YAML, as JSON and
// as objects.
#include "base/check.h"
#include "contract/objects/object.h"
#include "wire/yaml.h"

namespace {

// What was read may be near its limits, and quoting makes it longer.
constexpr muster::wire::YamlLimits kWide{.bytes = 64u << 20, .depth = 64, .nodes = 10'000'000};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const ByteView text = as_bytes({data, size});
  const auto documents = wire::parse_yaml(text);
  if (documents) {
    for (const wire::Node& node : *documents) {
      const auto again = wire::parse_yaml(wire::emit_yaml(node), kWide);
      MUSTER_CHECK(again.has_value() && again->size() == 1 && again->at(0) == node);
      MUSTER_CHECK(
          wire::node_from_json(wire::node_to_json(node), {.bytes = 64u << 20}).has_value());
    }
    const auto again = wire::parse_yaml(wire::emit_yaml(*documents), kWide);
    MUSTER_CHECK(again.has_value() && *again == *documents);
  }
  const auto objects = contract::decode_objects(text, "file");
  if (!objects) return 0;
  for (const contract::AnyObject& object : *objects) {
    const auto again = contract::decode_object(contract::encode_object(object));
    MUSTER_CHECK(again.has_value() && *again == object);
    const auto spec =
        contract::decode_spec(object.kind(), object.name(), contract::encode_spec(object));
    MUSTER_CHECK(spec.has_value() && spec->value == object.value);
  }
  return 0;
}
