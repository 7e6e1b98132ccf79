// What an HTTP handler is given and what it answers.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/os/fd.h"
#include "base/time.h"
#include "net/http_headers.h"

namespace muster::net {

// Expired: the chain is good but for its validity, which has ended.
enum class PeerCertificate { None, Good, Expired };

// Who is at the other end of the connection.
struct Peer {
  std::string address;  // numeric; IPv4 in its own form also on a dual-stack listener
  std::uint16_t port = 0;
  bool tls = false;
  PeerCertificate certificate = PeerCertificate::None;
  // What TlsServerSettings::identify made of the client's certificate; null without one.
  std::shared_ptr<const void> identity;
};

struct RequestHead {
  std::string method;  // as sent: methods are case sensitive
  std::string target;  // as sent, never with scheme and authority
  // Percent-decoded once. Starts with '/' (or is "*" for OPTIONS); holds no control character,
  // no backslash and no ".." segment: such requests are refused before anyone sees them.
  std::string path;
  std::string query;  // after '?', not decoded
  Headers headers;
  Peer peer;
  Duration waited{0};  // at least so long, since the loop saw that something came
};

// A body that was written to a file while it arrived. The file goes with this object unless
// keep() has taken it out.
class BodyFile {
 public:
  BodyFile() = default;
  BodyFile(os::Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  BodyFile(BodyFile&& other) noexcept = default;
  BodyFile& operator=(BodyFile&& other) noexcept;
  ~BodyFile() { discard(); }

  const os::Fd& fd() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }
  // The path, which from now on is the caller's to rename or remove.
  std::filesystem::path keep() { return std::exchange(path_, {}); }

  std::uint64_t size = 0;
  Bytes sha256;  // 32 bytes

 private:
  void discard();
  os::Fd fd_;
  std::filesystem::path path_;
};

struct Request {
  RequestHead head;
  Bytes body;  // empty when the body went to a file
  std::optional<BodyFile> body_file;
};

// A part or all of an open regular file. The server answers Range, If-Range and If-None-Match.
struct FileBody {
  std::shared_ptr<const os::Fd> fd;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string etag;  // with its quotes; empty: no conditional answers, ranges still work
};

struct Response {
  int status = 200;
  // Content-Length, Date, Connection, ETag of a file and all about ranges are the server's.
  Headers headers;
  std::variant<Bytes, std::shared_ptr<const Bytes>, FileBody> body;
};

// A short text body with its type.
Response text_response(int status, std::string_view text);
// "Not Found" for 404; "Status" for a number without a name.
std::string_view reason_of(int status);

using Handler = std::function<Response(Request&)>;

class HeldRequest;
// An answer now, or a request that is held until somebody answers it.
using Holding = std::variant<Response, std::shared_ptr<HeldRequest>>;

// Loop: runs between two reads of sockets and must never block. Pool: may block.
enum class Where { Loop, Pool };

// What the owner of the routes says to a request whose head has arrived: how its body is taken
// and who answers it.
struct Route {
  Handler handler;
  // Set: called in place of the handler, on the loop, and must never block.
  std::function<Holding(Request&)> hold{};
  Where where = Where::Pool;
  // On the pool: 0 runs first (worker_pool.h).
  std::size_t rank = 0;
  std::size_t body_limit_bytes = 0;
  // Set: the body, whatever its size, is written to a new file of mode 0600 in this folder.
  std::optional<std::filesystem::path> body_folder;
};

// A Response refuses at once; the body is not read then.
using Resolved = std::variant<Route, Response>;
// Called on a loop thread: must not block.
using Resolve = std::function<Resolved(const RequestHead&)>;

}  // namespace muster::net
