#include <algorithm>

#include "wire/errors.h"
#include "wire/json.h"

namespace muster::wire {
namespace {

void append_string(Bytes& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

Result<void> append_value(Bytes& out, const Json& value);

Result<void> append_object(Bytes& out, const Json& value) {
  auto members = TRY(value.members());
  // UTF-8 sorts by bytes as by code points. The JavaScript canonicalisers sort by UTF-16 units,
  // which differs only between U+E000..U+FFFF and beyond; keys of signed documents are ASCII.
  std::ranges::sort(members, {}, [](const auto& member) { return member.first; });
  out += '{';
  bool first = true;
  for (const auto& [key, member] : members) {
    if (!first) out += ',';
    first = false;
    append_string(out, key);
    out += ':';
    TRY(append_value(out, member));
  }
  out += '}';
  return {};
}

Result<void> append_array(Bytes& out, const Json& value) {
  out += '[';
  bool first = true;
  for (const Json& item : TRY(value.items())) {
    if (!first) out += ',';
    first = false;
    TRY(append_value(out, item));
  }
  out += ']';
  return {};
}

Result<void> append_value(Bytes& out, const Json& value) {
  switch (value.kind()) {
    case Json::Kind::Null:
      out += "null";
      return {};
    case Json::Kind::Bool:
      out += TRY(value.boolean()) ? "true" : "false";
      return {};
    case Json::Kind::Integer:
      if (const auto small = value.i64()) {
        out += fmt::format("{}", *small);
      } else {
        out += fmt::format("{}", TRY(value.u64()));
      }
      return {};
    case Json::Kind::Double:
      return fail(kJsonNotCanonical, "{} is the fraction {}", value.path(), TRY(value.number()));
    case Json::Kind::String:
      append_string(out, TRY(value.string()));
      return {};
    case Json::Kind::Array:
      return append_array(out, value);
    case Json::Kind::Object:
      return append_object(out, value);
  }
  return {};
}

}  // namespace

Result<Bytes> canonical_json(const Json& value) {
  Bytes out;
  TRY(append_value(out, value));
  return out;
}

}  // namespace muster::wire
