#include "contract/log_line.h"

#include <charconv>

#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::size_t kLongestLine = 1u << 20;
constexpr std::string_view kBegin = "<![LOG[";
constexpr std::string_view kEnd = "]LOG]!>";

std::string value_text(const wire::Json& value) {
  if (const auto text = value.string()) return std::string(*text);
  if (const auto number = value.i64()) return fmt::format("{}", *number);
  if (const auto truth = value.boolean()) return *truth ? "true" : "false";
  return {};
}

std::optional<LogLine> parse_json(std::string_view text) {
  const auto document = wire::JsonDocument::parse(text, {.bytes = kLongestLine, .depth = 4});
  if (!document) return std::nullopt;
  const auto members = document->root().members();
  if (!members) return std::nullopt;
  LogLine line;
  for (const auto& [key, value] : *members) {
    const std::string said = value_text(value);
    if (key == "time") {
      if (const auto time = parse_timestamp(said)) line.time = *time;
    } else if (key == "level") {
      line.level = log::parse_level(said).value_or(log::Level::Info);
    } else if (key == "program") {
      line.program = said;
    } else if (key == "event") {
      line.event = said;
    } else if (key == "text") {
      line.text = said;
    } else {
      line.fields.emplace_back(key, said);
    }
  }
  if (!line.time) return std::nullopt;
  return line;
}

// The value of name="..." in the attributes behind the text.
std::string_view attribute(std::string_view attributes, std::string_view name) {
  const std::string mark = fmt::format("{}=\"", name);
  std::size_t at = attributes.find(mark);
  // "file=" must not be found inside "profile=".
  while (at != std::string_view::npos && at > 0 && attributes[at - 1] != ' ' &&
         attributes[at - 1] != '<')
    at = attributes.find(mark, at + 1);
  if (at == std::string_view::npos) return {};
  attributes.remove_prefix(at + mark.size());
  return attributes.substr(0, attributes.find('"'));
}

// "12:34:56.789+060" (the bias: minutes from local time to UTC) and "11-23-2026".
std::optional<Timestamp> cmtrace_time(std::string_view clock, std::string_view date) {
  if (clock.size() < 8 || date.size() != 10) return std::nullopt;
  std::string_view rest = clock.substr(8);
  std::string fraction;
  if (rest.starts_with('.')) {
    const std::size_t digits = rest.find_first_not_of("0123456789", 1);
    fraction = rest.substr(1, std::min<std::size_t>(3, digits - 1));
    rest = digits == std::string_view::npos ? std::string_view() : rest.substr(digits);
  }
  while (!fraction.empty() && fraction.size() < 3) fraction += '0';
  const auto time = parse_timestamp(
      fmt::format("{}-{}-{}T{}{}{}Z", date.substr(6, 4), date.substr(0, 2), date.substr(3, 2),
                  clock.substr(0, 8), fraction.empty() ? "" : ".", fraction));
  if (!time) return std::nullopt;
  int bias = 0;
  const bool ahead = rest.starts_with('-');
  if (!rest.empty()) rest.remove_prefix(1);
  std::from_chars(rest.data(), rest.data() + rest.size(), bias);
  if (bias < 0 || bias > 24 * 60) return std::nullopt;
  return *time + std::chrono::minutes(ahead ? -bias : bias);
}

std::optional<LogLine> parse_cmtrace(std::string_view text) {
  if (!text.starts_with(kBegin)) return std::nullopt;
  const std::size_t end = text.rfind(kEnd);
  if (end == std::string_view::npos || end < kBegin.size()) return std::nullopt;
  const std::string_view attributes = text.substr(end + kEnd.size());
  LogLine line;
  line.time = cmtrace_time(attribute(attributes, "time"), attribute(attributes, "date"));
  if (!line.time) return std::nullopt;
  line.text = text.substr(kBegin.size(), end - kBegin.size());
  line.program = attribute(attributes, "component");
  line.event = attribute(attributes, "context");
  const std::string_view type = attribute(attributes, "type");
  line.level = type == "3"   ? log::Level::Error
               : type == "2" ? log::Level::Warning
                             : log::Level::Info;
  return line;
}

}  // namespace

LogLine parse_log_line(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  if (text.starts_with('{'))
    if (auto line = parse_json(text)) return *std::move(line);
  if (auto line = parse_cmtrace(text)) return *std::move(line);
  LogLine line;
  line.text = text;
  return line;
}

std::string json_log_line(const LogLine& line) {
  // Our programs' names and events need no escape; those of a file may.
  std::string program, event;
  log::append_escaped(program, line.program);
  log::append_escaped(event, line.event);
  std::string out =
      log::render(line.level, program, line.time.value_or(Timestamp{0}), event, line.text, {});
  out.pop_back();
  for (const auto& [key, value] : line.fields) {
    out += ",\"";
    log::append_escaped(out, key);
    out += "\":\"";
    log::append_escaped(out, value);
    out += '"';
  }
  return out + '}';
}

std::string cmtrace_log_line(const LogLine& line) {
  std::string text = line.text;
  for (const auto& [key, value] : line.fields) text += fmt::format(" [{}={}]", key, value);
  return log::render_cmtrace(line.level, line.program, line.time.value_or(Timestamp{0}), line.event,
                             text, {}, 0);
}

}  // namespace muster::contract
