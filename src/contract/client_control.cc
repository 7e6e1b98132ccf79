#include "contract/client_control.h"

#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;

Result<std::vector<std::string>> texts_of(const wire::Json& list) {
  std::vector<std::string> out;
  for (const wire::Json& item : TRY(list.items())) out.emplace_back(TRY(item.string()));
  return out;
}

}  // namespace

Bytes encode_control_request(const ControlRequest& request) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  w.key("verb").string(request.verb);
  w.key("argument").string(request.argument);
  w.end();
  return std::move(w).take();
}

Result<ControlRequest> decode_control_request(ByteView json) {
  const auto document = TRY(wire::JsonDocument::parse(json));
  TRY(check_format(document.root(), kFormat));
  ControlRequest request;
  request.verb = TRY(text_field(document.root(), "verb"));
  request.argument = TRY(text_field(document.root(), "argument"));
  return request;
}

Bytes encode_control_answer(const ControlAnswer& answer) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  if (!answer.error.empty()) w.key("error").string(answer.error);
  w.key("columns").array();
  for (const std::string& column : answer.columns) w.string(column);
  w.end();
  w.key("rows").array();
  for (const auto& row : answer.rows) {
    w.array();
    for (const std::string& cell : row) w.string(cell);
    w.end();
  }
  w.end().end();
  return std::move(w).take();
}

Result<ControlAnswer> decode_control_answer(ByteView json) {
  const auto document = TRY(wire::JsonDocument::parse(json));
  TRY(check_format(document.root(), kFormat));
  ControlAnswer answer;
  answer.error = TRY(optional_text_field(document.root(), "error")).value_or("");
  answer.columns = TRY(texts_of(TRY(document.root().at("columns"))));
  for (const wire::Json& row : TRY(TRY(document.root().at("rows")).items()))
    answer.rows.push_back(TRY(texts_of(row)));
  return answer;
}

}  // namespace muster::contract
