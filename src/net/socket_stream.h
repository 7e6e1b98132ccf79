// One connected, non-blocking TCP socket, plain or under TLS: the same calls for both.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/os/fd.h"

typedef struct ssl_st SSL;
typedef struct bio_st BIO;

namespace muster::net {

enum class Io { Done, WantRead, WantWrite, Closed, Broken };

class SocketStream {
 public:
  explicit SocketStream(os::Fd fd) : fd_(std::move(fd)) {}
  ~SocketStream();
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  int fd() const { return fd_.get(); }
  SSL* tls() const { return tls_; }

  // From now on all bytes go through `tls` (with its role set), which becomes this object's.
  void start_tls(SSL* tls);
  Io handshake();

  // Done: `got` > 0 bytes. Closed: the peer ended its side in order.
  Io read(char* out, std::size_t capacity, std::size_t& got);
  // True when the last read took all that had arrived: reading again would only say WantRead.
  bool drained() const;
  // Done: `sent` > 0 of the bytes were taken. Call again with at least the same bytes after
  // WantWrite. `more`: further bytes follow at once, so the kernel may wait for them.
  Io write(ByteView bytes, bool more, std::size_t& sent);
  // Plain sockets only.
  Io send_file(int file, std::uint64_t offset, std::uint64_t size, std::size_t& sent);

  // Throws away what has arrived, without decrypting it.
  Io discard(char* scratch, std::size_t size);
  void close() { fd_.reset(); }
  // Tells the peer that nothing follows (TLS close_notify, then FIN).
  void finish_writing();
  // The reason of the last Broken, for logs.
  std::string error_text() const { return error_; }

 private:
  friend int stream_bio_read(BIO*, char*, std::size_t, std::size_t*);
  friend int stream_bio_write(BIO*, const char*, std::size_t, std::size_t*);
  Io tls_result(int code);

  os::Fd fd_;
  SSL* tls_ = nullptr;
  bool short_read_ = false;
  bool more_ = false;  // of the write under way
  bool established_ = false;
  std::string error_;
};

}  // namespace muster::net
