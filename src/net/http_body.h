// Takes the body of a message out of the bytes that follow its head.
#pragma once

#include "base/bytes.h"
#include "net/http_parser.h"

namespace muster::net {

class BodyDecoder {
 public:
  enum class State { More, Done, Refused };

  BodyDecoder() = default;
  // Refuses with 413 what is over `limit_bytes`, a declared length at once.
  BodyDecoder(BodyFraming framing, std::uint64_t limit_bytes, std::size_t extension_limit_bytes);

  // Takes bytes off the front of `input`; what belongs to the body is handed out as one part,
  // empty when there was none. Call again while input is left and the state is More.
  ByteView next(ByteView& input);

  State state() const { return state_; }
  const Refusal& refusal() const { return refusal_; }
  // At the end of the connection: true when the body was complete.
  bool ends_with_connection() const {
    return state_ == State::Done || framing_.kind == BodyKind::UntilClose;
  }
  std::uint64_t received() const { return received_; }

 private:
  enum class Step { Size, Extension, SizeEnd, Data, DataCr, DataLf, Trailer, TrailerEnd, Raw };
  void refuse(int status, std::string_view why);
  ByteView take(ByteView& input);
  void read_size(char c);
  void read_trailer(char c);
  void start_chunk();

  BodyFraming framing_;
  std::uint64_t limit_ = 0;
  std::size_t extension_limit_ = 0;
  State state_ = State::Done;
  Step step_ = Step::Raw;
  std::uint64_t left_ = 0;      // of the body or the chunk
  std::uint64_t received_ = 0;  // of the body
  std::size_t line_size_ = 0;   // of the size, its extension or the trailers
  bool trailer_line_empty_ = true;
  Refusal refusal_;
};

}  // namespace muster::net
