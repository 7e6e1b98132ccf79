#include "net/socket_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "net/tls_context.h"

namespace muster::net {

// A BIO of our own instead of OpenSSL's socket BIO: it sees short reads, which saves the read
// that would only say EAGAIN, and it sends without SIGPIPE.
int stream_bio_read(BIO* bio, char* out, std::size_t capacity, std::size_t* got) {
  auto* stream = static_cast<SocketStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t size = ::recv(stream->fd_.get(), out, capacity, 0);
  stream->short_read_ = size < static_cast<ssize_t>(capacity);
  *got = size > 0 ? static_cast<std::size_t>(size) : 0;
  if (size > 0) return 1;
  if (size == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return 0;
}

int stream_bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* sent) {
  auto* stream = static_cast<SocketStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int flags = MSG_NOSIGNAL | (stream->more_ ? MSG_MORE : 0);
  const ssize_t taken = ::send(stream->fd_.get(), bytes, size, flags);
  *sent = taken > 0 ? static_cast<std::size_t>(taken) : 0;
  if (taken >= 0) return 1;
  if (errno == EAGAIN || errno == EINTR) BIO_set_retry_write(bio);
  return 0;
}

namespace {

long stream_bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* stream_bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    MUSTER_CHECK(made != nullptr);
    BIO_meth_set_read_ex(made, stream_bio_read);
    BIO_meth_set_write_ex(made, stream_bio_write);
    BIO_meth_set_ctrl(made, stream_bio_control);
    return made;
  }();
  return method;
}

Io failed_call(std::string& error, const char* what) {
  if (errno == ECONNRESET || errno == EPIPE) {
    error = "the peer reset the connection";
    return Io::Broken;
  }
  error = std::string(what) + ": " + std::strerror(errno);
  return Io::Broken;
}

}  // namespace

SocketStream::~SocketStream() {
  // Else OpenSSL marks the session as broken off and never resumes it.
  if (tls_ != nullptr && established_)
    SSL_set_shutdown(tls_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(tls_);
}

void SocketStream::start_tls(SSL* tls) {
  BIO* bio = BIO_new(stream_bio_method());
  MUSTER_CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls, bio, bio);
  tls_ = tls;
}

Io SocketStream::tls_result(int code) {
  switch (SSL_get_error(tls_, code)) {
    case SSL_ERROR_WANT_READ:
      return Io::WantRead;
    case SSL_ERROR_WANT_WRITE:
      return Io::WantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return Io::Closed;
    default:
      break;
  }
  error_ = ERR_peek_error() != 0 ? openssl_error_text() : "the peer cut the connection";
  established_ = false;  // no close_notify after an error
  return Io::Broken;
}

Io SocketStream::handshake() {
  ERR_clear_error();
  const int code = SSL_do_handshake(tls_);
  if (code != 1) return tls_result(code);
  established_ = true;
  return Io::Done;
}

Io SocketStream::read(char* out, std::size_t capacity, std::size_t& got) {
  got = 0;
  if (tls_ != nullptr) {
    ERR_clear_error();
    const int code = SSL_read_ex(tls_, out, capacity, &got);
    return code == 1 ? Io::Done : tls_result(code);
  }
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), out, capacity, 0);
    short_read_ = size < static_cast<ssize_t>(capacity);
    if (size > 0) {
      got = static_cast<std::size_t>(size);
      return Io::Done;
    }
    if (size == 0) return Io::Closed;
    if (errno == EAGAIN) return Io::WantRead;
    if (errno != EINTR) return failed_call(error_, "recv");
  }
}

bool SocketStream::drained() const {
  return short_read_ && (tls_ == nullptr || SSL_has_pending(tls_) == 0);
}

Io SocketStream::write(ByteView bytes, bool more, std::size_t& sent) {
  sent = 0;
  if (tls_ != nullptr) {
    ERR_clear_error();
    more_ = more;
    const int code = SSL_write_ex(tls_, bytes.data(), bytes.size(), &sent);
    return code == 1 ? Io::Done : tls_result(code);
  }
  for (;;) {
    const ssize_t size =
        ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (size >= 0) {
      sent = static_cast<std::size_t>(size);
      return Io::Done;
    }
    if (errno == EAGAIN) return Io::WantWrite;
    if (errno != EINTR) return failed_call(error_, "send");
  }
}

Io SocketStream::send_file(int file, std::uint64_t offset, std::uint64_t size, std::size_t& sent) {
  sent = 0;
  for (;;) {
    off_t position = static_cast<off_t>(offset);
    const ssize_t taken =
        ::sendfile(fd_.get(), file, &position, std::min<std::uint64_t>(size, 1u << 30));
    if (taken > 0) {
      sent = static_cast<std::size_t>(taken);
      return Io::Done;
    }
    if (taken == 0) {
      error_ = "the file has become shorter";
      return Io::Broken;
    }
    if (errno == EAGAIN) return Io::WantWrite;
    if (errno != EINTR) return failed_call(error_, "sendfile");
  }
}

Io SocketStream::discard(char* scratch, std::size_t size) {
  const ssize_t got = ::recv(fd_.get(), scratch, size, 0);
  if (got > 0) return Io::Done;
  if (got == 0) return Io::Closed;
  return errno == EAGAIN ? Io::WantRead : errno == EINTR ? Io::Done : Io::Broken;
}

void SocketStream::finish_writing() {
  if (tls_ != nullptr && established_) {
    ERR_clear_error();
    more_ = false;
    SSL_shutdown(tls_);
    // What is read from now on passes TLS by. A server that stops does this for all connections at
    // once, and the buffer of each farewell would stay until its peer has gone.
    SSL_free_buffers(tls_);
  }
  ::shutdown(fd_.get(), SHUT_WR);
}

}  // namespace muster::net
