#include "net/exchange.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/errors.h"
#include "base/os/file.h"

namespace muster::net {
namespace {
constexpr std::size_t kKeptMemory = 16 * 1024;

void empty(std::string& text) {
  if (text.capacity() > kKeptMemory)
    text = std::string();
  else
    text.clear();
}

bool is_servers_own(std::string_view name) {
  for (const std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Date"})
    if (equal_ignoring_case(name, own)) return true;
  return false;
}

}  // namespace

Result<void> BodySpool::write() {
  if (!file_) {
    std::string path = (folder_ / "body-XXXXXX").string();
    os::Fd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd.valid()) return fail(kFileUnwritable, "{}: {}", path, std::strerror(errno));
    file_.emplace(std::move(fd), path);
  }
  sha256_.update(part);
  size_ += part.size();
  return os::write_all(file_->fd().get(), part, file_->path());
}

void BodySpool::write_part() {
  if (error_) return;
  if (auto written = write(); !written) error_ = std::move(written).error();
  part.clear();
}

std::optional<BodyFile> BodySpool::finish() {
  if (error_ || !file_) return std::nullopt;
  file_->size = size_;
  file_->sha256 = sha256_.finish();
  return std::exchange(file_, std::nullopt);
}

void Exchange::reset() {
  scanner.reset();
  parsed = {};
  empty(request.body);
  request.body_file.reset();
  request.head.peer.identity.reset();
  route = {};
  decoder = {};
  spool.reset();
  response = {};
  head_only = close_after = unread = false;
  empty(text);
  text_sent = 0;
  memory = {};
  file = nullptr;
  file_position = file_left = 0;
}

bool append_response_head(std::string& out, const Response& response, int status,
                          std::optional<std::uint64_t> content_length, std::string_view date_line,
                          bool close) {
  out.append("HTTP/1.1 ").append(fmt::format_int(status).c_str()).append(" ");
  out.append(reason_of(status)).append("\r\n").append(date_line);
  for (std::size_t i = 0; i < response.headers.size(); ++i) {
    const HeaderField field = response.headers[i];
    if (!is_token(field.name) || !is_field_value(field.value) || is_servers_own(field.name))
      return false;
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (content_length)
    out.append("Content-Length: ").append(fmt::format_int(*content_length).c_str()).append("\r\n");
  if (close) out.append("Connection: close\r\n");
  out.append("\r\n");
  return true;
}

}  // namespace muster::net
