#include "base/log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdio>
#include <mutex>

#include "base/errors.h"
#include "base/os/fd.h"
#include "base/os/system.h"
#include "base/utf8.h"

namespace muster::log {
namespace {

struct Sink {
  std::mutex mutex;
  std::string program = "muster";
  os::Fd file;
  std::string path;
  std::uint64_t bytes = 0;  // in the file
  Level least = Level::Info;
};

// Strangers can cause lines: a log has a bound. One earlier file is kept beside it.
constexpr std::uint64_t kLongestFile = 64u << 20;

os::Fd open_log(const std::string& path) {
  return os::Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640));
}

Sink& sink() {
  static Sink* const instance = new Sink;  // outlives every static that may log
  return *instance;
}

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error"};

}  // namespace

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
                  to_text(now), kLevelNames[static_cast<int>(level)], program, event);
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

Result<void> open(std::string_view program, std::string_view path, Level least) {
  os::Fd file;
  if (!path.empty()) {
    file = open_log(std::string(path));
    if (!file.valid()) return fail(kFileUnwritable, "log file {}", path);
  }
  Sink& s = sink();
  const std::lock_guard lock(s.mutex);
  s.program = program;
  s.path = path;
  struct stat info {};
  s.bytes = file.valid() && ::fstat(file.get(), &info) == 0
                ? static_cast<std::uint64_t>(info.st_size)
                : 0;
  s.file = std::move(file);
  s.least = least;
  return {};
}

void write(Level level, std::string_view event, std::string_view text, Fields fields) {
  Sink& s = sink();
  if (level < s.least) return;
  const Timestamp now = os::SystemClock().now();
  const std::lock_guard lock(s.mutex);
  const std::string line = render(level, s.program, now, event, text, fields) + "\n";
  if (s.file.valid() && s.bytes + line.size() > kLongestFile) {
    std::rename(s.path.c_str(), (s.path + ".1").c_str());
    if (os::Fd fresh = open_log(s.path); fresh.valid()) s.file = std::move(fresh);
    s.bytes = 0;
  }
  s.bytes += line.size();
  const int fd = s.file.valid() ? s.file.get() : STDERR_FILENO;
  // A log that cannot be written must not stop the program that logs.
  [[maybe_unused]] const ssize_t ignored = ::write(fd, line.data(), line.size());
}

void failure(Level level, std::string_view event, const Error& error, Fields fields) {
  Sink& s = sink();
  if (level < s.least) return;
  std::string text = error.text();
  for (const Field& field : fields) text += fmt::format(" [{}={}]", field.key, field.text);
  write(level, event, text, {{"error", error.kind().number}, {"advice", error.kind().advice}});
}

}  // namespace muster::log
