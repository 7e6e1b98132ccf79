// A raw TCP connection for tests that send what no client would, and a listener that answers so.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/os/system.h"
#include "net/blocking_stream.h"

namespace muster::net::test {

// Time passes only when the test says so; safe to read from the server's threads.
class SteppedClock final : public Clock {
 public:
  Timestamp now() const override { return Timestamp{1'800'000'000'000 + passed_ms_}; }
  Duration steady() const override { return Duration(passed_ms_); }
  void advance(Duration time) { passed_ms_ += time.count(); }

 private:
  std::atomic<std::int64_t> passed_ms_{0};
};

inline const os::SystemClock& system_clock() {
  static const os::SystemClock clock;
  return clock;
}

class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port)
      : stream_(connect_tcp("127.0.0.1", port, deadline()).value()) {}

  void send(ByteView bytes) {
    Bytes early;
    (void)stream_.write(bytes, early, deadline());
    received_ += early;
  }
  void end_writing() { stream_.stream().finish_writing(); }

  // Up to and with `end`; what came so far if the connection ends before.
  std::string read_until(std::string_view end) {
    for (;;) {
      const std::size_t at = received_.find(end);
      if (at != std::string::npos) return take(at + end.size());
      if (!read_more()) return take(received_.size());
    }
  }
  // A head and a body of its Content-Length.
  std::string read_response() {
    std::string response = read_until("\r\n\r\n");
    const std::size_t field = response.find("Content-Length: ");
    if (field == std::string::npos) return response;
    const std::size_t size = std::stoul(response.substr(field + 16));
    while (received_.size() < size && read_more()) {
    }
    return response + take(size);
  }
  std::string read_to_end() {
    while (read_more()) {
    }
    return take(received_.size());
  }
  // True when the peer closes without a further byte.
  bool is_closed() { return received_.empty() && !read_more(); }
  int fd() { return stream_.stream().fd(); }

 private:
  static Deadline deadline() {
    return {system_clock(), std::chrono::seconds(20), std::chrono::seconds(20)};
  }
  bool read_more() {
    char part[65536];
    const auto got = stream_.read(part, sizeof part, deadline());
    if (!got) {
      EXPECT_TRUE(got.error().kind().number != 1203) << "nothing came within the deadline";
      return false;
    }
    received_.append(part, *got);
    return *got > 0;
  }
  std::string take(std::size_t size) {
    std::string taken = received_.substr(0, size);
    received_.erase(0, taken.size());
    return taken;
  }

  BlockingStream stream_;
  std::string received_;
};

// Accepts connections one after another and gives each to `serve`, on a thread of its own.
class RawServer {
 public:
  explicit RawServer(std::function<void(int fd)> serve)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address = parse_address("127.0.0.1", 0).value();
    EXPECT_EQ(::bind(socket_.get(), address.get(), address.size), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size);
    port_ = address.port();
    thread_ = std::thread([this, serve = std::move(serve)] {
      for (;;) {
        const os::Fd fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!fd.valid()) return;
        ++accepted_;
        serve(fd.get());
      }
    });
  }
  ~RawServer() {
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

  // Reads one request head.
  static std::string read_head(int fd) {
    std::string head;
    char c;
    while (!head.ends_with("\r\n\r\n") && ::recv(fd, &c, 1, 0) == 1) head += c;
    return head;
  }
  static void send_all(int fd, ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

 private:
  os::Fd socket_;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

}  // namespace muster::net::test
