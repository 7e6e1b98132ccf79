// Which part of a file answers a request: Range, If-Range, If-None-Match (RFC 9110 13, 14).
#pragma once

#include <cstdint>

#include "net/http_message.h"

namespace muster::net {

struct FileAnswer {
  int status = 200;         // 200, 206, 304 or 416
  std::uint64_t start = 0;  // within the body
  std::uint64_t size = 0;
};

// For GET and HEAD of a file that exists, `file_size` bytes long. Several ranges, malformed
// ones and those of a stale If-Range are answered with the whole file, as the RFC allows.
FileAnswer choose_file_answer(const RequestHead& head, std::uint64_t file_size,
                              std::string_view etag);

}  // namespace muster::net
