// One accepted connection: a state machine over its socket that serves requests in turn.
#pragma once

#include "net/exchange.h"
#include "net/held_request.h"
#include "net/listener.h"
#include "net/server_loop.h"
#include "net/socket_stream.h"

namespace muster::net {

class Connection final : public Watch, public Timed {
 public:
  Connection(ServerLoop& loop, std::shared_ptr<const ListenerPurpose> purpose, os::Fd fd,
             Peer peer);
  ~Connection() override;

  void start();
  void on_events(std::uint32_t epoll_events) override;
  void on_deadline() override;

  // Its handshake may go on by a step.
  void take_turn();
  // The server stops: closes if no request is under way.
  void begin_stop();
  // Closes now; the object lives on while a pool thread works for it.
  void close();
  // The answer to the request that is held, if one still is.
  void answer_held(Response response);

 private:
  friend class ServerLoop;

  // Job: a pool thread has the exchange, and nothing else touches it. Held: there is none, unless
  // the peer has sent more behind its request.
  enum class State { Handshake, Head, Body, Job, Held, Writing, Linger, Closed };

  // Works until there is nothing more to do now or others must have their turn, then gives back
  // what need not be held.
  void advance();
  bool step();
  void settle();
  void keep_input();
  void enter(State state);
  Exchange& exchange();

  // One step each; true when another can be made at once.
  bool handshake();
  bool read_head();
  bool read_body();
  bool write_out();
  bool linger();

  // Reads more bytes behind the unused ones. False: none now, or the connection has ended.
  bool fill();
  bool take_head();
  bool send_continue();
  bool run_handler();
  bool hold();
  void end_hold(bool answered);
  // Has the pool do `work` and then calls `done` here. False: the pool is full.
  bool run_on_pool(std::function<void()> work, bool (Connection::*done)());
  bool spool_part();
  bool part_spooled();

  // Refusals end the connection: what follows on it cannot be told apart or is unwanted.
  bool refuse(const Refusal& refusal);
  bool refuse(Response response);
  bool respond();
  Io write_part(std::size_t& sent);
  Io write_file(std::size_t& sent);
  bool answer_written();

  ServerLoop& loop_;
  std::shared_ptr<const ListenerPurpose> purpose_;
  SocketStream stream_;
  Peer peer_;
  std::unique_ptr<Exchange> exchange_;
  std::shared_ptr<HeldRequest> held_;
  ByteView input_;  // unused bytes: in the loop's scratch or in exchange_->input
  std::size_t slot_ = 0;
  std::int64_t turn_left_ = 0;     // bytes until others must have their turn
  std::uint64_t moved_bytes_ = 0;  // since the rate was last looked at
  std::uint32_t requests_ = 0;
  State state_ = State::Head;
  WaitKind armed_ = WaitKind::Idle;
  bool fresh_state_ = true;  // its deadline is not armed yet
  bool waits_for_turn_ = false;
  // The socket is edge-triggered: these hold until a call says otherwise.
  bool readable_ = false;
  bool writable_ = true;
  bool watches_output_ = false;
  bool hung_up_ = false;  // the peer has ended its side: read on until that shows
  // Of the request that is held.
  bool held_head_only_ = false;
  bool held_close_after_ = false;
};

}  // namespace muster::net
