// JSON that arrives: whatever is read can be walked, written again and made canonical, and means
// the same afterwards.
#include "base/check.h"
#include "wire/node.h"

namespace {

using muster::wire::Json;

void walk(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::Null:
      break;
    case Json::Kind::Bool:
      MUSTER_CHECK(value.boolean().has_value());
      break;
    case Json::Kind::Integer:
      MUSTER_CHECK(value.i64().has_value() || value.u64().has_value());
      break;
    case Json::Kind::Double:
      MUSTER_CHECK(value.number().has_value());
      break;
    case Json::Kind::String:
      MUSTER_CHECK(value.string().has_value());
      break;
    case Json::Kind::Array: {
      const auto items = value.items();
      for (const Json& item : *items) walk(item);
      break;
    }
    case Json::Kind::Object: {
      const auto members = value.members();
      for (const auto& [key, member] : *members) {
        MUSTER_CHECK(value.at(key)->path() == member.path());
        walk(member);
      }
      break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster::wire;
  const muster::ByteView text = muster::as_bytes({data, size});
  const auto document = JsonDocument::parse(text);
  const auto node = node_from_json(text);
  MUSTER_CHECK(document.has_value() == node.has_value());
  if (!document) return 0;
  if (size < 4096) walk(document->root());

  const muster::Bytes written = node_to_json(*node);
  const auto again = node_from_json(written, {.bytes = 64u << 20});
  MUSTER_CHECK(again.has_value() && *again == *node);

  const auto canonical = canonical_json(document->root());
  const auto rewritten = JsonDocument::parse(written, {.bytes = 64u << 20});
  const auto canonical_again = canonical_json(rewritten->root());
  MUSTER_CHECK(canonical.has_value() == canonical_again.has_value());
  if (canonical) MUSTER_CHECK(*canonical == *canonical_again);
  return 0;
}
