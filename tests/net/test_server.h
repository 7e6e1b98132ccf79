// A small site for tests: a server with routes that show what arrived.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "base/os/file.h"
#include "base/random.h"
#include "base/sha256.h"
#include "net/http_server.h"
#include "tests/net/test_process.h"
#include "tests/net/test_socket.h"

namespace muster::net::test {

// Holds handlers back until it is opened.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for(int waiting) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ >= waiting; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

class TestSite {
 public:
  explicit TestSite(ServerSettings settings = {}, const Clock& clock = system_clock(),
                    std::shared_ptr<TlsServer> tls = nullptr)
      : server(std::make_unique<Server>(one_loop(settings), clock)) {
    const std::string path = folder.file("content", content);
    file_ = std::make_shared<const os::Fd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    port = listen(std::move(tls));
  }

  std::uint16_t listen(std::shared_ptr<TlsServer> tls) {
    return server
        ->listen("127.0.0.1", 0, std::move(tls),
                 [this](const RequestHead& head) { return resolve(head); })
        .value();
  }
  std::string url(const std::string& path, bool tls = false) const {
    return fmt::format("http{}://127.0.0.1:{}{}", tls ? "s" : "", port, path);
  }

  static std::string make_content() {
    Bytes bytes(300'000, '\0');
    SeededRandom(7).fill(bytes.data(), bytes.size());
    return bytes;
  }
  const std::string content = make_content();
  const std::string etag = "\"v1\"";
  TemporaryFolder folder;
  TemporaryFolder uploads;
  Gate gate;
  std::uint16_t port = 0;
  std::unique_ptr<Server> server;  // last, so that it stops first

 private:
  static ServerSettings one_loop(ServerSettings settings) {
    if (settings.loop_threads == 0) settings.loop_threads = 1;
    return settings;
  }

  Resolved resolve(const RequestHead& head) {
    const auto route = [](Where where, Handler handler, std::size_t limit = 0) {
      Route made;
      made.where = where;
      made.handler = std::move(handler);
      made.body_limit_bytes = limit;
      return made;
    };
    if (head.path == "/hello")
      return route(Where::Loop, [](Request&) { return text_response(200, "hello\n"); });
    if (head.path == "/pool")
      return route(Where::Pool, [](Request&) { return text_response(200, "pool\n"); });
    if (head.path == "/echo")
      return route(
          Where::Pool, [](Request& r) { return text_response(200, r.body); }, 1'000'000);
    if (head.path == "/small")
      return route(
          Where::Loop, [](Request& r) { return text_response(200, r.body); }, 10);
    if (head.path == "/gate")
      return route(Where::Pool, [this](Request&) {
        gate.pass();
        return text_response(200, "through\n");
      });
    if (head.path == "/file")
      return route(Where::Loop, [this](Request&) {
        Response response;
        response.headers.add("Content-Type", "application/octet-stream");
        response.body = FileBody{file_, 0, content.size(), etag};
        return response;
      });
    if (head.path == "/memory")
      return route(Where::Loop, [this](Request&) {
        Response response;
        response.body = std::make_shared<const Bytes>(content);
        return response;
      });
    if (head.path == "/who") return route(Where::Loop, who);
    if (head.path == "/upload") {
      Route made = route(Where::Pool, show_upload, 50'000'000);
      made.body_folder = uploads.path();
      return made;
    }
    if (head.path == "/nowhere") {
      Route made = route(Where::Pool, show_upload, 50'000'000);
      made.body_folder = uploads.path() / "missing";
      return made;
    }
    if (head.path == "/injection")
      return route(Where::Loop, [](Request&) {
        Response response;
        response.headers.add("X-Bad", "a\r\nSet-Cookie: b");
        return response;
      });
    if (head.path == "/throws")
      return route(Where::Pool, [](Request&) -> Response { throw std::runtime_error("oops"); });
    if (head.path == "/empty")
      return route(Where::Loop, [](Request&) {
        Response response;
        response.status = 204;
        return response;
      });
    return text_response(404, "not here\n");
  }

  static Response who(Request& request) {
    const Peer& peer = request.head.peer;
    static constexpr const char* kStates[] = {"none", "good", "expired"};
    const auto* identity = static_cast<const std::string*>(peer.identity.get());
    return text_response(200, fmt::format("{} {} {} {}", peer.address, peer.tls ? "tls" : "plain",
                                          kStates[static_cast<int>(peer.certificate)],
                                          identity != nullptr ? *identity : "nobody"));
  }
  static Response show_upload(Request& request) {
    const BodyFile& file = *request.body_file;
    const auto written = os::read_file(file.path(), 1u << 26);
    return text_response(200, fmt::format("{} {} {}", file.size, to_hex(file.sha256),
                                          written ? sha256_hex(*written) : "unreadable"));
  }

  std::shared_ptr<const os::Fd> file_;
};

inline std::string get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

}  // namespace muster::net::test
