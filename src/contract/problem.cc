#include "contract/problem.h"

#include "contract/fields.h"

namespace muster::contract {

Bytes encode_problem(int status, const Error& error) {
  wire::JsonWriter w;
  w.object();
  w.key("type").string(fmt::format("urn:muster:error:{}", error.kind().number));
  w.key("title").string(error.kind().name);
  w.key("status").number(status);
  w.key("detail").string(error.detail());
  w.key("number").number(static_cast<unsigned>(error.kind().number));
  w.key("advice").string(error.kind().advice);
  w.end();
  return std::move(w).take();
}

Result<Problem> decode_problem(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 65536, .depth = 8}));
  const wire::Json json = document.root();
  Problem out;
  out.status = static_cast<int>(TRY(number_field(json, "status")));
  out.number = static_cast<unsigned>(TRY(number_field(json, "number")));
  out.title = TRY(text_field(json, "title"));
  out.detail = TRY(text_field(json, "detail"));
  out.advice = TRY(text_field(json, "advice"));
  return out;
}

}  // namespace muster::contract
