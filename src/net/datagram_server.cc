#include "net/datagram_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "net/address.h"
#include "net/errors.h"
#include "net/event_loop.h"

namespace muster::net {
namespace {

constexpr int kDatagramsPerEvent = 64;
constexpr std::size_t kLongest = 65536;

Result<os::Fd> open_datagram_socket(const std::string& address, std::uint16_t port) {
  const auto where = parse_address(address, port);
  if (!where) return fail(kListenFailed, "{} is no numeric address", address);
  os::Fd fd(::socket(where->storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid() || ::bind(fd.get(), where->get(), where->size) != 0)
    return fail(kListenFailed, "{} port {}/udp: {}", address, port, std::strerror(errno));
  return fd;
}

}  // namespace

struct DatagramServer::State final : public Watch {
  State(DatagramSettings settings, const Clock& clock)
      : settings(std::move(settings)),
        loop(clock),
        senders(this->settings.rate, this->settings.hash_key),
        buffer(kLongest, '\0') {}

  void on_events(std::uint32_t) override {
    for (int i = 0; i < kDatagramsPerEvent; ++i) {
      SocketAddress from;
      from.size = sizeof from.storage;
      const ssize_t size = ::recvfrom(socket.get(), buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from.storage), &from.size);
      // Also an earlier answer's error, such as a port that nobody has: the next one may be good.
      if (size < 0 && errno == EAGAIN) return;
      if (size < 0 || !senders.take(from.text(), 1, loop.clock().steady())) continue;
      const Bytes answer =
          settings.answer(ByteView(buffer).substr(0, static_cast<std::size_t>(size)));
      // A full socket loses it, as the network might.
      if (!answer.empty())
        (void)::sendto(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL, from.get(),
                       from.size);
    }
  }

  const DatagramSettings settings;
  EventLoop loop;
  RateTable senders;
  Bytes buffer;
  os::Fd socket;
  std::thread thread;
};

DatagramServer::DatagramServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

DatagramServer::~DatagramServer() { stop(); }

Result<std::unique_ptr<DatagramServer>> DatagramServer::start(DatagramSettings settings,
                                                              const Clock& clock) {
  auto state = std::make_unique<State>(std::move(settings), clock);
  state->socket = TRY(open_datagram_socket(state->settings.address, state->settings.port));
  TRY(state->loop.watch(state->socket.get(), EPOLLIN, *state));
  state->thread = std::thread([raw = state.get()] { raw->loop.run(); });
  return std::unique_ptr<DatagramServer>(new DatagramServer(std::move(state)));
}

void DatagramServer::stop() {
  if (!state_->thread.joinable()) return;
  state_->loop.quit();
  state_->thread.join();
  state_->socket.reset();
}

std::uint16_t DatagramServer::port() const { return own_end_of(state_->socket).port(); }

}  // namespace muster::net
