#include "base/log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>

#include "base/errors.h"
#include "base/os/append_file.h"
#include "base/os/system.h"
#include "base/utf8.h"

namespace muster::log {
namespace {

struct Sink {
  std::mutex mutex;
  std::string program = "muster";
  os::AppendFile file;
  std::string path;
  Level least = Level::Info;
  Form form = Form::Json;
};

// Strangers can cause lines: a log has a bound. One earlier file is kept beside it.
constexpr std::uint64_t kLongestFile = 64u << 20;

Sink& sink() {
  static Sink* const instance = new Sink;  // outlives every static that may log
  return *instance;
}

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

// As the inside of a CMTrace line: one line, UTF-8, and nothing that ends the text or an attribute.
std::string cmtrace_text(std::string_view text) {
  constexpr std::string_view kEnd = "]LOG]!>";
  std::string out = printable_utf8(text, text.size() * 3);
  for (std::size_t at = out.find(kEnd); at != std::string::npos; at = out.find(kEnd, at))
    out.replace(at, kEnd.size(), "]LOG]! >");
  return out;
}

std::string cmtrace_attribute(std::string_view text) {
  std::string out = cmtrace_text(text);
  for (char& c : out)
    if (c == '"' || c == '<' || c == '>') c = '\'';
  return out;
}

// Threads in the order in which they first logged: short, and the same on every system.
std::int64_t thread_number() {
  static std::atomic<std::int64_t> threads = 0;
  thread_local const std::int64_t number = ++threads;
  return number;
}

int cmtrace_type(Level level) {
  return level == Level::Error ? 3 : level == Level::Warning ? 2 : 1;
}

}  // namespace

std::string_view to_text(Level level) { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view text) {
  const auto* found = std::ranges::find(kLevelNames, text);
  if (found == kLevelNames.end()) return std::nullopt;
  return static_cast<Level>(found - kLevelNames.begin());
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      ++i;
      switch (byte) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04x}", byte);
          } else {
            out += static_cast<char>(byte);
          }
      }
      continue;
    }
    const std::size_t length = utf8_sequence(text.substr(i));
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
}

std::string render(Level level, std::string_view program, Timestamp now, std::string_view event,
                   std::string_view text, Fields fields) {
  std::string out =
      fmt::format(R"({{"time":"{}","level":"{}","program":"{}","event":"{}","text":")",
                  to_text(now), muster::log::to_text(level), program, event);
  append_escaped(out, text);
  out += '"';
  for (const Field& field : fields) {
    out += ",\"";
    append_escaped(out, field.key);
    out += "\":";
    if (field.quoted) out += '"';
    field.quoted ? append_escaped(out, field.text) : void(out += field.text);
    if (field.quoted) out += '"';
  }
  out += '}';
  return out;
}

std::string render_cmtrace(Level level, std::string_view program, Timestamp now,
                           std::string_view event, std::string_view text, Fields fields,
                           std::int64_t thread) {
  std::string said(text);
  for (const Field& field : fields) said += fmt::format(" [{}={}]", field.key, field.text);
  const std::string at = to_text_seconds(now);  // 2026-01-31T12:00:00Z
  const std::string clock = at.substr(at.find('T') + 1, 8);
  const std::string day = at.substr(0, at.find('T'));
  return fmt::format(
      R"(<![LOG[{}]LOG]!><time="{}.{:03}+000" date="{}-{}-{}" component="{}" context="{}" )"
      R"(type="{}" thread="{}" file="{}">)",
      cmtrace_text(said), clock, now.ms % 1000, day.substr(5, 2), day.substr(8, 2),
      day.substr(0, 4), cmtrace_attribute(program), cmtrace_attribute(event), cmtrace_type(level),
      thread, cmtrace_attribute(program));
}

Result<void> open(std::string_view program, std::string_view path, Level least, Form form) {
  os::AppendFile file;
  if (!path.empty()) {
    file = os::open_append(std::string(path));
    if (!file.fd.valid()) return fail(kFileUnwritable, "log file {}", path);
  }
  Sink& s = sink();
  const std::lock_guard lock(s.mutex);
  s.program = program;
  s.path = path;
  s.file = std::move(file);
  s.least = least;
  s.form = form;
  return {};
}

void write(Level level, std::string_view event, std::string_view text, Fields fields) {
  Sink& s = sink();
  if (level < s.least) return;
  const Timestamp now = os::SystemClock().now();
  const std::lock_guard lock(s.mutex);
  const std::string line =
      (s.form == Form::Json
           ? render(level, s.program, now, event, text, fields)
           : render_cmtrace(level, s.program, now, event, text, fields, thread_number())) +
      "\n";
  if (s.file.fd.valid() && s.file.size_bytes + line.size() > kLongestFile) {
    std::rename(s.path.c_str(), (s.path + ".1").c_str());
    if (os::AppendFile fresh = os::open_append(s.path); fresh.fd.valid()) s.file = std::move(fresh);
    s.file.size_bytes = 0;
  }
  s.file.size_bytes += line.size();
  // A log that cannot be written must not stop the program that logs.
  os::append(s.file, line);
}

void failure(Level level, std::string_view event, const Error& error, Fields fields) {
  Sink& s = sink();
  if (level < s.least) return;
  std::string text = error.text();
  for (const Field& field : fields) text += fmt::format(" [{}={}]", field.key, field.text);
  write(level, event, text, {{"error", error.kind().number}, {"advice", error.kind().advice}});
}

}  // namespace muster::log
