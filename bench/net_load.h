// A load generator that can show a client certificate: blocking connections on a few threads.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/os/fd.h"
#include "net/address.h"

namespace muster::bench {

struct LoadTls {
  SSL_CTX* context = nullptr;  // null: plain
};

// One suite for both servers, no verification: only the server's cost is of interest.
inline SSL_CTX* load_context(const std::string& certificate_file, const std::string& key_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  MUSTER_CHECK(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  if (!certificate_file.empty()) {
    MUSTER_CHECK(SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) == 1);
    MUSTER_CHECK(SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  return context;
}

class LoadConnection {
 public:
  LoadConnection(const net::SocketAddress& address, SSL_CTX* context) {
    fd_ = os::Fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connected_ = ::connect(fd_.get(), address.get(), address.size) == 0;
    if (!connected_ || context == nullptr) return;
    tls_.reset(SSL_new(context));
    SSL_set_fd(tls_.get(), fd_.get());
    connected_ = SSL_connect(tls_.get()) == 1;
  }
  bool connected() const { return connected_; }

  // Sends one request and reads its answer, of which it keeps the head alone. Bytes of body, or
  // nothing after a failure.
  std::size_t exchange(const std::string& request) {
    if (!send(request)) return 0;
    char part[65536];
    std::size_t have = 0;
    char* end = nullptr;
    while (end == nullptr) {
      const int got = receive(part + have, sizeof part - have - 1);
      if (got <= 0) return 0;
      have += static_cast<std::size_t>(got);
      part[have] = '\0';
      end = static_cast<char*>(::memmem(part, have, "\r\n\r\n", 4));
    }
    // "Nothing new" has no body, whatever its Content-Length says (RFC 9110 15.4.5).
    if (std::strncmp(part, "HTTP/1.1 304", 12) == 0) return 1;
    const char* field = ::strcasestr(part, "\r\nContent-Length:");
    if (field == nullptr || std::strncmp(part, "HTTP/1.1 20", 11) != 0) return 0;
    const std::size_t size = std::strtoull(field + 17, nullptr, 10);
    std::size_t body = have - static_cast<std::size_t>(end + 4 - part);
    while (body < size) {
      const ssize_t got = discard(part, sizeof part, size - body);
      if (got <= 0) return 0;
      body += static_cast<std::size_t>(got);
    }
    return size > 0 ? size : 1;
  }

  // Ends TLS in order and waits until the server has done so too: it has then seen everything.
  void finish() {
    if (tls_) SSL_shutdown(tls_.get());
    ::shutdown(fd_.get(), SHUT_WR);
    char part[4096];
    while (::recv(fd_.get(), part, sizeof part, 0) > 0) {
    }
  }

 private:
  struct FreeSsl {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  bool send(const std::string& bytes) {
    const int size = static_cast<int>(bytes.size());
    if (tls_) return SSL_write(tls_.get(), bytes.data(), size) == size;
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == size;
  }
  int receive(char* out, std::size_t size) {
    if (tls_) return SSL_read(tls_.get(), out, static_cast<int>(size));
    return static_cast<int>(::recv(fd_.get(), out, size, 0));
  }
  // The kernel throws plain bytes away without copying them.
  ssize_t discard(char* scratch, std::size_t size, std::size_t wanted) {
    if (tls_) return receive(scratch, std::min(size, wanted));
    return ::recv(fd_.get(), nullptr, std::min<std::size_t>(wanted, 4u << 20), MSG_TRUNC);
  }

  os::Fd fd_;
  std::unique_ptr<SSL, FreeSsl> tls_;
  bool connected_ = false;
};

struct Load {
  net::SocketAddress address;
  SSL_CTX* context = nullptr;
  std::string request;  // empty: a handshake and no more
  bool keep = true;     // the connections, else a new one per request
  int threads = 16;
  int per_thread = 1;  // connections of each thread, used in turn
  std::chrono::milliseconds time{3000};
};
struct LoadResult {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failures = 0;
};

inline LoadResult run_load(const Load& load) {
  std::atomic<std::uint64_t> requests{0}, bytes{0}, failures{0};
  const auto end = std::chrono::steady_clock::now() + load.time;
  const auto work = [&] {
    std::vector<std::unique_ptr<LoadConnection>> connections(
        static_cast<std::size_t>(load.per_thread));
    while (std::chrono::steady_clock::now() < end)
      for (auto& connection : connections) {
        if (!connection || !load.keep)
          connection = std::make_unique<LoadConnection>(load.address, load.context);
        const std::size_t got = !connection->connected() ? 0
                                : load.request.empty()   ? 1
                                                         : connection->exchange(load.request);
        if (load.request.empty()) connection->finish();
        if (got == 0) {
          ++failures;
          connection.reset();
        } else {
          ++requests;
          bytes += got;
        }
      }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < load.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return {requests, bytes, failures};
}

}  // namespace muster::bench
