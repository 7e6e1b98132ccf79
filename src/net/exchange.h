// One request and its answer while a connection works on them. An idle connection has none.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/sha256.h"
#include "net/http_body.h"
#include "net/http_message.h"
#include "net/http_parser.h"

namespace muster::net {

// Writes a body to a file in parts. Its calls block on the disk and so run on the pool.
class BodySpool {
 public:
  explicit BodySpool(std::filesystem::path folder) : folder_(std::move(folder)) {}

  static constexpr std::size_t kPartSize = 256 * 1024;
  // Filled by the connection between two calls of write_part.
  Bytes part;
  // Appends `part` to the file, which the first call creates, and empties it.
  void write_part();
  // Ends the file; nothing when a write failed.
  std::optional<BodyFile> finish();
  const std::optional<Error>& error() const { return error_; }

 private:
  Result<void> write();

  std::filesystem::path folder_;
  std::optional<BodyFile> file_;
  Sha256 sha256_;
  std::uint64_t size_ = 0;
  std::optional<Error> error_;
};

struct Exchange {
  // Bytes that arrived and were not used when the loop turned to others.
  std::string input;

  HeadScanner scanner;
  ParsedRequest parsed;
  Request request;
  Route route;
  BodyDecoder decoder;
  std::unique_ptr<BodySpool> spool;

  Response response;
  bool head_only = false;    // answers HEAD
  bool close_after = false;  // this answer is the connection's last
  bool unread = false;       // the request has a rest that nobody reads

  // What goes out: `text` (head and the start of the body), then the rest of the body.
  std::string text;
  std::size_t text_sent = 0;
  ByteView memory;  // within response.body
  const FileBody* file = nullptr;
  std::uint64_t file_position = 0;
  std::uint64_t file_left = 0;

  // For the next request: keeps the input and the memory, unless there is much of it.
  void reset();
};

// Status line, the server's own fields and the response's. False when a field of the response
// cannot be sent: a name that is no token or is the server's own, or a value with control
// characters.
bool append_response_head(std::string& out, const Response& response, int status,
                          std::optional<std::uint64_t> content_length, std::string_view date_line,
                          bool close);

}  // namespace muster::net
