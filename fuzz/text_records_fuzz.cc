// Text that declared inventory classes read, in each form, and the patterns of lines. The first
// byte chooses the form; of lines, the pattern stands before the first newline.
#include <cstdint>

#include "base/check.h"
#include "model/text_pattern.h"
#include "roles/client/inventory/declared_classes.h"
#include "roles/client/inventory/text_records.h"

namespace muster::client {
namespace {

model::TextForm form_of(char kind, ByteView& text) {
  switch (kind) {
    case 'd':
      return model::DelimitedForm{.separator = ';', .header = true};
    case 'b':
      return model::DelimitedForm{.separator = ' ', .quotes = false, .comment = "#"};
    case 'i':
      return model::IniForm{true};
    case 'f':
      return model::IniForm{false};
    case 'j':
      return model::JsonForm{"rows"};
    default: {
      const std::size_t end = std::min(text.find('\n'), text.size());
      model::LineForm out{std::string(text.substr(0, end)), "#"};
      text.remove_prefix(end);
      return out;
    }
  }
}

void check(char kind, ByteView text) {
  model::DeclaredClass declared;
  declared.name = "things";
  declared.definition = {"Thing", "A thing.", {}};
  declared.form = form_of(kind, text);
  std::vector<std::string> fields = {"1", "name", "a.b"};
  if (const auto* lines = std::get_if<model::LineForm>(&declared.form)) {
    const auto pattern = model::TextPattern::parse(lines->pattern);
    if (!pattern) return;
    fields = pattern->fields();
  }
  for (const std::string& field : fields) declared.sources.push_back({field});
  std::vector<Record> records;
  static_cast<void>(read_records(declared, text, "/x", records));
  MUSTER_CHECK(records.size() <= kMostDeclaredRows);
  for (const Record& record : records) {
    MUSTER_CHECK(record.size() == declared.sources.size());
    for (const auto& value : record)
      if (value)
        for (const auto type : {model::ColumnType::Integer, model::ColumnType::Boolean,
                                model::ColumnType::Time, model::ColumnType::Version})
          static_cast<void>(value_of(type, model::VersionScheme::Dotted, *value));
  }
}

}  // namespace
}  // namespace muster::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const muster::ByteView input(reinterpret_cast<const char*>(data), size);
  muster::client::check(input[0], input.substr(1));
  return 0;
}
