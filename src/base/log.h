// Log events: an id, a sentence, typed fields, advice. Rendered as one JSON object a line, or in
// the form that CMTrace reads.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace muster::log {

enum class Level { Debug, Info, Warning, Error };
std::string_view to_text(Level level);  // "warning"
std::optional<Level> parse_level(std::string_view text);

enum class Form { Json, CmTrace };

// A value that is rendered as JSON text (quoted) or as a number or truth value.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key(key), text(value), quoted(true) {}
  Field(std::string_view key, const std::string& value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, const char* value) : Field(key, std::string_view(value)) {}
  Field(std::string_view key, bool value) : key(key), text(value ? "true" : "false") {}
  template <std::integral Number>
  Field(std::string_view key, Number value) : key(key), text(fmt::format("{}", value)) {}

  std::string_view key;
  std::string text;
  bool quoted = false;
};
using Fields = std::initializer_list<Field>;

// Where lines go: standard error until this is called, then `path`, mode 0640. `program` stands
// in every line. Error: kFileUnwritable.
Result<void> open(std::string_view program, std::string_view path, Level least,
                  Form form = Form::Json);

// `event` is the stable id, such as "mp.enrolment.refused". Never pass a secret.
void write(Level level, std::string_view event, std::string_view text, Fields fields = {});
inline void debug(std::string_view event, std::string_view text, Fields fields = {}) {
  write(Level::Debug, event, text, fields);
}
inline void info(std::string_view event, std::string_view text, Fields fields = {}) {
  write(Level::Info, event, text, fields);
}
inline void warning(std::string_view event, std::string_view text, Fields fields = {}) {
  write(Level::Warning, event, text, fields);
}
// The error's number, text and advice become fields.
void failure(Level level, std::string_view event, const Error& error, Fields fields = {});

// One line without its newline; exposed so that its form is tested.
std::string render(Level level, std::string_view program, Timestamp now, std::string_view event,
                   std::string_view text, Fields fields);
// <![LOG[text]LOG]!><time="12:00:00.120+000" date="01-31-2026" component="musterd"
// context="mp.policy.stale" type="2" thread="7" file="musterd">, in UTC. Fields follow the text as
// [key=value]; no text can end the line or the mark early.
std::string render_cmtrace(Level level, std::string_view program, Timestamp now,
                           std::string_view event, std::string_view text, Fields fields,
                           std::int64_t thread);
// Appends `text` as the inside of a JSON string; bytes that are not UTF-8 become U+FFFD.
void append_escaped(std::string& out, std::string_view text);

}  // namespace muster::log
